/**
 * Goal: what run.mjs promises of a command (streams, status, arguments, limits, device) holds.
 * Method: real guests, one after the other, each as short as its question. Run it by
 * `node --test tools/rxe-vm/self-test.mjs`; where the guest cannot run at all every test fails.
 */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EndMarkerFilter } from './end-marker.mjs'
import { readOptions } from './options.mjs'

const folder = path.dirname(fileURLToPath(import.meta.url))
const project = path.resolve(folder, '../..')

/**
 * @param {string[]} args
 * @param {{ tool?: string, env?: NodeJS.ProcessEnv, signal?: NodeJS.Signals }} [how] - signal: sent
 *   to the tool once the command has written something
 * @returns {Promise<{ status: number | null, out: Buffer, err: Buffer }>}
 */
async function run(args, how = {}) {
  const tool = how.tool ?? path.join(folder, 'run.mjs')
  const env = { ...process.env, ...how.env }
  const child = spawn(process.execPath, [tool, ...args], { env, cwd: os.tmpdir() })
  /** @type {Buffer[][]} */
  const [out, err] = [[], []]
  child.stdout.on('data', (chunk) => out.push(chunk))
  child.stderr.on('data', (chunk) => err.push(chunk))
  if (how.signal !== undefined) child.stdout.once('data', () => child.kill(how.signal))
  const status = await new Promise((resolve) => child.on('close', resolve))
  return { status, out: Buffer.concat(out), err: Buffer.concat(err) }
}

/** @param {string} marker @returns {boolean} a process's command line contains it */
function isRunning(marker) {
  const processes = fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))
  return processes.some((name) => {
    try {
      return fs.readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(marker)
    } catch {
      return false
    }
  })
}

test('streams, arguments, environment and folder arrive unchanged', async () => {
  const odd = ['', ' a  b ', 'quote\'s "d"', '$HOME `id` \\', 'line\nline', '*', '-n', 'ü€', '%s']
  const script =
    'printf "%s\\0" "$@"; printf "%s\\0" "$PWD" "$UNTORN_ODD"; printf "e\\r\\n\\000" >&2'
  const args = ['--', 'sh', '-c', script, 'sh', ...odd]
  const { status, out, err } = await run(args, { env: { UNTORN_ODD: "o'd\nd" } })
  assert.equal(status, 0, err.toString())
  const strings = out.toString().split('\0').slice(0, -1)
  assert.deepEqual(strings, [...odd, project, "o'd\nd"])
  assert.equal(err.subarray(-4).toString(), 'e\r\n\0')
})

test('ten megabytes of every byte come through whole', async () => {
  const script = 'exec 3>&1; head -c 10000000 /dev/urandom | tee /dev/fd/3 | sha256sum >&2'
  const { status, out, err } = await run(['sh', '-c', script])
  assert.equal(status, 0, err.toString())
  assert.equal(out.length, 10_000_000)
  const hash = createHash('sha256').update(out).digest('hex')
  assert.match(err.toString(), new RegExp(hash))
})

for (const [script, expected] of /** @type {const} */ ([
  ['exit 7', 7],
  ['kill -TERM $$', 128 + 15],
])) {
  test(`'${script}' gives status ${expected} and tells what rxe0 did`, async () => {
    const { status, out, err } = await run(['sh', '-c', script])
    assert.equal(status, expected)
    assert.equal(out.length, 0)
    assert.match(err.toString(), /link rxe0\/1 sent_pkts/)
  })
}

test('a command that does not exist gives status 127', async () => {
  const { status } = await run(['no-such-command-anywhere'])
  assert.equal(status, 127)
})

test('the time limit ends the guest with status 124', async () => {
  const { status, out } = await run(['--time-limit', '1', 'sh', '-c', 'echo begun; sleep 1000'])
  assert.equal(status, 124)
  assert.equal(out.toString(), 'begun\n')
})

test('SIGTERM ends the guest and leaves no process behind', async () => {
  const cache = fs.mkdtempSync(path.join(os.tmpdir(), 'rxe-vm-'))
  try {
    const real = process.env.UNTORN_RXE_CACHE || path.join(project, '.cache/rxe-vm')
    for (const name of fs.readdirSync(real).filter((entry) => !entry.startsWith('work-'))) {
      fs.symlinkSync(path.join(real, name), path.join(cache, name))
    }
    const how = /** @type {const} */ ({ env: { UNTORN_RXE_CACHE: cache }, signal: 'SIGTERM' })
    const { status } = await run(['sh', '-c', 'echo begun; sleep 1000'], how)
    assert.equal(status, 128 + 15)
    assert.equal(isRunning(`${cache}/work-`), false)
    assert.deepEqual(
      fs.readdirSync(cache).filter((name) => name.startsWith('work-')),
      [],
    )
  } finally {
    fs.rmSync(cache, { recursive: true })
  }
})

test('what the command writes into --out stays, the rest is lost', async () => {
  const out = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'rxe-vm-')), 'new, with comma')
  try {
    const script = `echo kept >'${out}/result'; echo lost >lost-by-rxe-vm; cat lost-by-rxe-vm`
    const { status, err } = await run(['--out', out, 'sh', '-c', script])
    assert.equal(status, 0, err.toString())
    assert.equal(fs.readFileSync(path.join(out, 'result'), 'utf8'), 'kept\n')
    assert.equal(fs.existsSync(path.join(project, 'lost-by-rxe-vm')), false)
  } finally {
    fs.rmSync(path.dirname(out), { recursive: true })
  }
})

test('a clone under /tmp is visible in the guest', async () => {
  const clone = fs.mkdtempSync('/tmp/rxe-vm-clone-')
  try {
    fs.cpSync(folder, path.join(clone, 'tools/rxe-vm'), { recursive: true })
    const cache = process.env.UNTORN_RXE_CACHE || path.join(project, '.cache/rxe-vm')
    const how = { tool: path.join(clone, 'tools/rxe-vm/run.mjs'), env: { UNTORN_RXE_CACHE: cache } }
    const { status, out, err } = await run(['sh', '-c', 'pwd; ls; touch here'], how)
    assert.equal(status, 0, err.toString())
    assert.equal(out.toString(), `${clone}\ntools\n`)
  } finally {
    fs.rmSync(clone, { recursive: true })
  }
})

for (const cpu of ['words', 'bytes']) {
  test(`rxe0 works with --cpu ${cpu}`, async () => {
    const client = 'ib_read_lat -d rxe0 -s 8 -n 1000 $UNTORN_RXE_ADDRESS'
    const script = `ib_read_lat -d rxe0 -s 8 -n 1000 >/dev/null & sleep 1; ${client} && wait
      ibv_devinfo -d rxe0 && ulimit -l && echo $UNTORN_RXE_CPU && grep -o -w -m 1 erms /proc/cpuinfo`
    const { out, err } = await run(['--cpu', cpu, '--', 'sh', '-c', script])
    const text = out.toString()
    assert.match(text, /^ 8 +1000 +[0-9.]+/m, err.toString())
    assert.match(text, /PORT_ACTIVE[^]*active_mtu:\s+4096/)
    assert.match(text, cpu === 'words' ? /unlimited\nwords\n$/ : /unlimited\nbytes\nerms\n$/)
  })
}

test('the end marker is found wherever the stream is cut', () => {
  const marker = Buffer.from('abcabd')
  const stream = Buffer.from('xabcabcabcabd')
  for (let cut = 0; cut <= stream.length; cut++) {
    const filter = new EndMarkerFilter(marker)
    const parts = [stream.subarray(0, cut), stream.subarray(cut)].map((part) => filter.feed(part))
    assert.equal(Buffer.concat(parts).toString(), 'xabcabc')
    assert.equal(filter.ended, true)
  }
})

test('wrong arguments are named', () => {
  for (const [args, name] of /** @type {const} */ ([
    [['--cpu', 'half', 'true'], /--cpu.*half/],
    [['--time-limit=0', 'true'], /--time-limit.*0/],
    [['--memory'], /--memory/],
    [['--wrong', 'true'], /--wrong/],
    [['--accel', 'kvm', '--cpu', 'bytes', 'true'], /--accel kvm/],
    [[], /COMMAND/],
  ])) {
    assert.throws(() => readOptions([...args]), { status: 2, message: name })
  }
})
