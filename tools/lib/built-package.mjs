// dist/: the package's JavaScript and declarations as tsc makes them from src and bench.
//
// Invariant: dist is replaced as a whole, so that a run never sees half of it, and what was deleted
// from src does not live on there. Its stamp is the hash of everything it was made from.

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { packageFile, project, run } from './project.mjs'

const dist = path.join(project, 'dist')
const stampFile = path.join(dist, '.stamp')
const buildLimitMs = 300_000

/** @returns {string} hash of the sources, the compiler's options and its version */
function sourceHash() {
  const hash = createHash('sha256')
  const folders = ['src', 'bench'].filter((folder) => fs.existsSync(path.join(project, folder)))
  const files = folders.flatMap((folder) =>
    fs
      .readdirSync(path.join(project, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => path.join(folder, name)),
  )
  const settings = ['tsconfig.json', 'tsconfig.build.json']
  const compiler = path.relative(project, packageFile('typescript', 'package.json'))
  for (const file of [...settings, compiler, ...files.sort()]) {
    const content = fs.readFileSync(path.join(project, file))
    hash.update(`${file} ${content.length}\n`).update(content)
  }
  return hash.digest('hex')
}

/** @returns {string} */
function readStamp() {
  try {
    return fs.readFileSync(stampFile, 'utf8')
  } catch {
    return ''
  }
}

/** @param {string} fresh - a folder that takes the place of dist */
function moveIntoPlace(fresh) {
  const old = path.join(project, `dist-old-${process.pid}`)
  if (fs.existsSync(dist)) fs.renameSync(dist, old)
  fs.renameSync(fresh, dist)
  fs.rmSync(old, { recursive: true, force: true })
}

function removeLeftovers() {
  for (const name of fs.readdirSync(project)) {
    if (/^dist-(new|old)-\d+$/.test(name)) fs.rmSync(path.join(project, name), { recursive: true })
  }
}

/**
 * @param {(text: string) => void} tell
 * @returns {boolean} false when there is no usable dist
 */
export function ensureBuiltPackage(tell) {
  const stamp = sourceHash()
  if (readStamp() === stamp) return true
  removeLeftovers()
  tell('tsc: building dist from src and bench')
  // Beside dist, at the same depth: the paths in its source maps are relative.
  const fresh = path.join(project, `dist-new-${process.pid}`)
  const tsc = packageFile('typescript', 'bin/tsc')
  const args = [tsc, '-p', 'tsconfig.build.json', '--outDir', fresh]
  const status = run(process.execPath, args, { timeoutMs: buildLimitMs, stdout: 2 })
  if (!fs.existsSync(path.join(fresh, 'src'))) {
    fs.rmSync(fresh, { recursive: true, force: true })
    tell(`tsc ended with status ${status} and made nothing`)
    return false
  }
  if (status === 0) fs.writeFileSync(path.join(fresh, '.stamp'), stamp)
  else tell('the sources have type errors, see above: going on with what tsc made of them')
  const program = path.join(fresh, 'src/cli/main.js')
  if (fs.existsSync(program)) fs.chmodSync(program, 0o755)
  moveIntoPlace(fresh)
  return true
}
