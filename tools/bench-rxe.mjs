#!/usr/bin/env node
// `npm run bench:rxe`: `untorn bench torn` over rxe0 in the guest. Standard output is the bench's,
// untouched; its exit status is passed on.
//
//   npm run bench:rxe -- [--cpu words|bytes] [--host] [--time-limit SECONDS] [BENCH ARGUMENT…]

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { project, run } from './lib/project.mjs'
import { splitRxeArguments } from './lib/rxe-arguments.mjs'

const { machine, cpu = 'words', command } = splitRxeArguments(process.argv.slice(2))
const main = path.join(project, 'dist/src/cli/main.js')

/**
 * What the bench writes in the guest is lost with it: `--out FILE` goes through a folder that the
 * guest shares with the host.
 *
 * @param {string[]} args
 * @returns {{ args: string[], file: string | undefined }}
 */
function takeOut(args) {
  const index = args.findIndex((arg) => /^(-o|--out)(=|$)/.test(arg))
  if (index < 0) return { args, file: undefined }
  const equals = args[index].indexOf('=')
  const hasValue = equals >= 0
  const file = hasValue ? args[index].slice(equals + 1) : args[index + 1]
  if (file === undefined || file === '') return { args, file: undefined }
  const rest = [...args.slice(0, index), ...args.slice(index + (hasValue ? 1 : 2))]
  // npm runs scripts in the project's folder; INIT_CWD is where the user was.
  return { args: rest, file: path.resolve(process.env.INIT_CWD ?? '.', file) }
}

const { args, file } = takeOut(command)
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'untorn-bench-'))
try {
  const inGuest = path.join(folder, 'report.json')
  const out = file === undefined ? [] : ['--out', inGuest]
  // Without a device of the user's choice: a host's own device may have another name than rxe0.
  const device = machine.includes('--host') ? [] : ['--device', 'rxe0']
  const bench = [process.execPath, main, 'bench', 'torn', ...device, ...args, ...out]
  const vm = path.join(project, 'tools/rxe-vm/run.mjs')
  const options = [...machine, `--cpu=${cpu}`, `--out=${folder}`]
  process.exitCode = run(process.execPath, [vm, ...options, '--', ...bench])
  if (file !== undefined && fs.existsSync(inGuest)) fs.copyFileSync(inGuest, file)
} finally {
  fs.rmSync(folder, { recursive: true, force: true })
}
