// Goal: what npm publishes is complete: it installs from its tarball, builds its addon from what is
// in there, imports, works on shared memory, and says what to install where RDMA cannot be used.
// Method: the packed tarball in a folder of its own outside the checkout; the machine without RDMA
// libraries is one where the verbs provider's binary is absent, which is how the package looks there.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { installPacked } from './installed-package.ts'
import { type Ending, runNode } from './programs.ts'

const SETUP_LIMIT_MS = 300_000
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'untorn-package-'))
const installed = path.join(folder, 'node_modules/untorn')
const binaries = path.join(installed, 'build/Release')
const verbs = 'untorn_verbs.so'
let packed: readonly string[] = []

/** The install script by itself: its failure then shows what it said. */
function build(more: Record<string, string>): void {
  const env = { ...process.env, ...more }
  execFileSync(process.execPath, ['tools/install.mjs'], { cwd: installed, env, stdio: 'pipe' })
}

beforeAll(() => {
  packed = installPacked(folder)
  build({})
}, SETUP_LIMIT_MS)
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

/** Runs a module beside the installed package, on no device but those that it names. */
function run(code: string): Promise<Ending> {
  const { UNTORN_DEVICE: _, ...env } = process.env
  return runNode(['--input-type=module', '--eval', code], { cwd: folder, env })
}

test('the package holds what it needs and nothing else', () => {
  expect(packed).toEqual(
    expect.arrayContaining([
      'CMakeLists.txt',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'addon/CMakeLists.txt',
      'dist/src/cli/main.js',
      'dist/src/index.d.ts',
      'dist/src/index.js',
      'docs/errors.md',
      'examples/05-peer.mjs',
      'package.json',
      'tools/install.mjs',
    ]),
  )
  const strays = packed.filter((file) => /^(test|build|\.cache|node_modules)\//.test(file))
  expect(strays).toEqual([])
})

test('publint finds nothing', async () => {
  const { messages, pkg } = await publint({ pkgDir: installed, strict: true, pack: false })
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
})

test('it imports', async () => {
  const ending = await run(`
    for (const name of ['', '/codecs', '/fabric', '/protocols', '/simulation', '/testing']) {
      await import('untorn' + name)
    }`)
  expect(ending).toMatchObject({ status: 0, signal: null, stderr: '' })
})

test('it works on shared memory', async () => {
  const ending = await run(`
    import { connect, listen, openDevice, seqlock } from 'untorn'
    const device = await openDevice('shm')
    const host = await listen(device, { port: 0 })
    host.publish('x', seqlock({ bytes: 3 })).write(Uint8Array.of(1, 2, 3))
    const peer = await connect(device, '127.0.0.1:' + host.port)
    const { version, bytes } = await (await peer.open('x')).read()
    await peer.close()
    await host.close()
    await device.close()
    console.log(version, ...bytes)`)
  expect(ending, ending.stderr).toMatchObject({ status: 0, signal: null, stdout: '4 1 2 3\n' })
})

test('its command runs', async () => {
  const bin = path.join(folder, 'node_modules/.bin/untorn')
  const ending = await runNode([bin, 'devices'], { cwd: folder })
  expect(ending, ending.stderr).toMatchObject({ status: 0, signal: null })
  expect(ending.stdout).toContain('shm')
})

const absences: readonly (readonly [string, () => void])[] = [
  ['its binary missing', () => fs.rmSync(path.join(binaries, verbs), { force: true })],
  ['an addon built without it', () => build({ UNTORN_NO_VERBS: '1' })],
]

test.each(absences)(
  'no verbs provider, %s: the failure names the remedy',
  async (_, remove) => {
    remove()
    const ending = await run(`
    import { errorTable, openDevice } from 'untorn'
    await openDevice('rxe0').catch(({ code, message }) => {
      console.log(JSON.stringify({ code, message, remedy: errorTable[code]?.remedy }))
    })`)
    expect(ending, ending.stderr).toMatchObject({ status: 0, signal: null })
    const failure = JSON.parse(ending.stdout) as { code: string; message: string; remedy: string }
    expect(failure.code).toBe('ERR_UNTORN_VERBS_UNAVAILABLE')
    for (const text of [failure.message, failure.remedy]) {
      expect(text).toContain('apt-get install libibverbs-dev')
    }
  },
  SETUP_LIMIT_MS,
)
