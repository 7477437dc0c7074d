// Goal: whoever installs the package can check programs and protocols of their own, from its public
// entries alone, with types, and where the native addon was never built. Method: programs beside the
// installed tarball, outside the checkout; the install script is not run, and fast-check is not there.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { installPacked } from './installed-package.ts'
import { type Ending, runNode } from './programs.ts'

const SETUP_LIMIT_MS = 300_000
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'untorn-simulation-'))
const installed = path.join(folder, 'node_modules/untorn')

let packed: readonly string[] = []

beforeAll(() => {
  packed = installPacked(folder)
}, SETUP_LIMIT_MS)
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

function run(code: string): Promise<Ending> {
  return runNode(['--input-type=module', '--eval', code], { cwd: folder })
}

/** TypeScript as well as JavaScript: there is not one annotation that it needs. */
const protocol = `
  const layout = {
    payloadBytes: 16,
    regionBytes: 64,
    fields: { count: 0, body: { offset: 16, lengthBytes: 16 } },
  }
  const hasty = defineProtocol({
    name: 'hasty',
    layout,
    // The count goes up before the bytes that it counts are there.
    owner: (memory) => {
      let count = 0
      return {
        publish(payload) {
          count += 1
          memory.storeWord(0, count)
          memory.barrier('afterPublish')
          memory.copyIn(16, payload)
          return count
        },
      }
    },
    reader: function* (io) {
      const before = yield* io.word('count')
      const body = yield* io.bytes('body')
      const after = yield* io.word('count')
      return before === after ? io.accept(body, before) : io.retry()
    },
  })
`

test('the addon is not built here', async () => {
  expect(fs.existsSync(path.join(installed, 'build'))).toBe(false)
  const ending = await run(`
    import { openDevice } from 'untorn'
    await openDevice('shm').catch(({ code }) => console.log(code))`)
  expect(ending.stdout, ending.stderr).toBe('ERR_UNTORN_NATIVE_MISSING\n')
})

test('a litmus program of one’s own has exactly its outcomes', async () => {
  const ending = await run(`
    import { get, litmus, store } from 'untorn/simulation'
    const program = litmus({
      name: 'message passing',
      owner: [store('data', 1), store('flag', 1)],
      peers: { reader: [get('f', 'flag'), get('d', 'data', { fenced: true })] },
    })
    for (const model of ['sharedMemory', 'minimal']) {
      const { outcomes, complete } = program.explore(model)
      console.log(model, complete, outcomes.map(({ text }) => text).join(' | '))
    }`)
  expect(ending, ending.stderr).toMatchObject({ status: 0, signal: null })
  expect(ending.stdout.split('\n')).toEqual([
    'sharedMemory true f=0 d=0 | f=0 d=1 | f=1 d=1',
    'minimal true f=0 d=0 | f=0 d=1 | f=1 d=0 | f=1 d=1',
    '',
  ])
})

test('a protocol of one’s own is caught, and its counterexample can be had again', async () => {
  const ending = await run(`
    import { checkProtocol, defineProtocol } from 'untorn/testing'
    ${protocol}
    const check = checkProtocol(hasty)
    const verdicts = Object.entries(check.presets).map(([name, { verdict }]) => [name, verdict])
    const { tape, report, violation } = check.counterexample
    const again = checkProtocol(hasty, { replay: tape }).counterexample
    const { kind } = violation
    console.log(JSON.stringify({ verdicts, kind, report, same: again.report === report }))`)
  expect(ending, ending.stderr).toMatchObject({ status: 0, signal: null })
  const told = JSON.parse(ending.stdout) as Record<string, unknown>
  expect(told).toMatchObject({
    same: true,
    kind: expect.stringMatching(/torn|mislabelled/) as string,
  })
  expect(told['report']).toContain('body')
  expect(Object.fromEntries(told['verdicts'] as [string, string][])).toEqual({
    sharedMemory: 'violated',
    rxe: 'violated',
    nicX86: 'violated',
    minimal: 'violated',
    bytes: 'violated',
  })
})

test('a scenario may be built from the simulator’s own parts', async () => {
  const ending = await run(`
    import { ProtocolScenario, explore, replay, seqlockProtocol } from 'untorn/simulation'
    import { loadHash, portableKernels, seqlockStrategies } from 'untorn/protocols'
    const kernels = portableKernels(await loadHash())
    const lines = seqlockProtocol(seqlockStrategies.lines, kernels, { payloadBytes: 8 })
    const scenario = new ProtocolScenario(lines, { model: 'minimal', attemptsMax: 1 })
    const { verdict, counterexample } = explore(scenario, { strategy: 'exhaustive' })
    console.log(verdict, replay(scenario, counterexample.tape).end.violation.kind)`)
  expect(ending, ending.stderr).toMatchObject({ status: 0, stdout: 'violated mislabelled\n' })
})

test('only the generators ask for fast-check, which npm does not install by itself', () => {
  expect(fs.existsSync(path.join(folder, 'node_modules/fast-check'))).toBe(false)
  const asking = packed
    .filter((file) => /^dist\/src\/.*\.(js|d\.ts)$/.test(file))
    .filter((file) => /from 'fast-check'/.test(fs.readFileSync(path.join(installed, file), 'utf8')))
  expect(asking.sort()).toEqual([
    'dist/src/testing/arbitraries.d.ts',
    'dist/src/testing/arbitraries.js',
  ])
})

test('types are there for all of it', () => {
  fs.writeFileSync(
    path.join(folder, 'program.ts'),
    `import { get, litmus, store } from 'untorn/simulation'
    import { checkProtocol, defineProtocol, expectViolated } from 'untorn/testing'
    import type { ProtocolCounterexample } from 'untorn/testing'
    ${protocol}
    const found: ProtocolCounterexample = expectViolated(hasty, { under: 'rxe', kind: 'torn' })
    const outcomes: readonly string[] = litmus({
      name: 'one store',
      owner: [store('x', 1)],
      peers: { p: [get('a', 'x')] },
    }).explore('rxe').outcomes.map(({ text }) => text)
    export const told: string = found.report + outcomes.join()
    // @ts-expect-error: no such preset
    checkProtocol(hasty, { presets: ['rexe'] })
    defineProtocol({
      ...hasty,
      reader: function* (io) {
        // @ts-expect-error: no such field
        yield* io.word('verion')
        const count: number = yield* io.word('count')
        const { body } = yield* io.fields('body')
        // @ts-expect-error: bytes first
        return io.accept(count, body)
      },
    })
`,
  )
  const tsc = path.resolve('node_modules/typescript/bin/tsc')
  const flags = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2022']
  const resolution = ['--module', 'nodenext', '--typeRoots', path.resolve('node_modules/@types')]
  const args = [...flags, ...resolution, '--types', 'node', '--lib', 'es2023,esnext.disposable']
  const check = (): string =>
    execFileSync(process.execPath, [tsc, ...args, 'program.ts'], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  try {
    expect(check()).toBe('')
  } catch (error) {
    throw new Error(String((error as { stdout?: string }).stdout), { cause: error })
  }
})
