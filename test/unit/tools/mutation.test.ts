// Goal: the mutation check makes the mistakes that it says it makes, and its first judge notices
// them. Method: all mutants of a small snippet; of the real code three, one per kind of mistake that
// matters most, and the code as it is.
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadTool } from './load-tool.ts'

interface Mutant {
  readonly operator: string
  readonly start: number
  readonly end: number
  readonly replacement: string
  readonly change: string
  readonly place: string
}
interface Mutators {
  readonly mutantsOf: (code: string) => Mutant[]
  readonly mutate: (code: string, mutant: Mutant) => string
}
interface NamedMutant {
  readonly id: number
  readonly protocol: string
  readonly file: string
  readonly key: string
  readonly code: string
  readonly names: readonly string[]
}
interface Mutants {
  readonly allMutants: (built: string) => NamedMutant[]
  readonly writeMutant: (built: string, mutant: NamedMutant) => string
}
interface Judge {
  ask(question: object, limit: object): Promise<{ failure: string | null } | null>
  close(): void
}
interface Pool {
  readonly Judge: new (program: string, args: string[]) => Judge
}

const { mutantsOf, mutate } = await loadTool<Mutators>('lib/mutation/mutators.mjs')
const { allMutants, writeMutant } = await loadTool<Mutants>('lib/mutation/mutants.mjs')
const { Judge } = await loadTool<Pool>('lib/mutation/pool.mjs')

const work = path.resolve('.cache', `mutation-test-${process.pid}`)
const built = path.join(work, 'src')
const judge = new Judge(path.resolve('tools/lib/mutation/simulate-mutants.mjs'), [built])

beforeAll(() => {
  fs.cpSync('dist/src', built, { recursive: true })
})

afterAll(() => {
  judge.close()
  fs.rmSync(work, { recursive: true })
})

const snippet = `// ⌈every letter is one place⌉
class Toy extends Base {
  constructor() {
    super()
    this.field = 0
  }
  write(memory, version) {
    if (version > 9 && this.open) throw new Error('a text with 1 number')
    memory.storeWord(8, version + 1, true)
    memory.barrier('beforePayload')
    return this.done(version)
  }
}
`

test('every mistake of a snippet is made once', () => {
  const changes = mutantsOf(snippet).map(({ operator, change }) => `${operator}: ${change}`)
  expect(changes.sort()).toEqual(
    [
      'constant: 0 → (0 + 1)',
      'condition: version > 9 && this.open → true',
      'condition: version > 9 && this.open → false',
      'conjunct: without this.open',
      'conjunct: without version > 9',
      'boundary: version >= 9',
      'constant: 9 → (9 + 1)',
      'constant: 9 → (9 - 1)',
      'drop-statement: without memory.storeWord(8, version + 1, true)',
      "swap-statements: memory.barrier('beforePayload') before memory.storeWord(8, version + 1, true)",
      'constant: 8 → (8 + 1)',
      'constant: 8 → (8 - 1)',
      'arithmetic: version - 1',
      'constant: 1 → (1 + 1)',
      'constant: 1 → (1 - 1)',
      'boolean: true → false',
      "drop-barrier: without memory.barrier('beforePayload')",
      'verdict: done → torn',
    ].sort(),
  )
})

test('statements change places where somebody could tell', () => {
  const code = `class Pair {
    set(value, sink) {
      this.one = value
      this.two = value.part
      this.three = this.two
      this.four = this.three.length
      sink.read(this.four)
    }
  }`
  const swaps = mutantsOf(code).filter(({ operator }) => operator === 'swap-statements')
  expect(swaps.map(({ change }) => change)).toEqual([
    'this.three = this.two before this.two = value.part',
    'this.four = this.three.length before this.three = this.two',
    'sink.read(this.four) before this.four = this.three.length',
  ])
})

test('a mutant says where it is', () => {
  const code = `const top = 1
    const table = { first: { count: 2 } }
    function make() { const inner = 3 }
    class Toy { #move() { return () => { const local = 4 } } }`
  const places = mutantsOf(code).map(({ change, place }) => `${place}: ${change}`)
  expect(places.filter((each) => each.includes('+'))).toEqual([
    'top: 1 → (1 + 1)',
    'table.first.count: 2 → (2 + 1)',
    'make: 3 → (3 + 1)',
    'Toy.#move: 4 → (4 + 1)',
  ])
})

test('no two mutants have the same key', () => {
  const keys = allMutants(built).map(({ key }) => key)
  expect(new Set(keys).size).toBe(keys.length)
})

test('a mutant differs in its place alone', () => {
  for (const mutant of mutantsOf(snippet)) {
    const mutated = mutate(snippet, mutant)
    expect(mutated).not.toBe(snippet)
    expect(mutated.startsWith(snippet.slice(0, mutant.start))).toBe(true)
    expect(mutated.endsWith(snippet.slice(mutant.end))).toBe(true)
  }
})

/** Why the simulated suite refuses the strategies with this mistake, or null. */
async function failureOf(mutant: NamedMutant): Promise<string | null | undefined> {
  const folder = writeMutant(built, mutant)
  const { protocol, names } = mutant
  const answer = await judge.ask({ protocol, folder, names }, { cpuSeconds: 8 })
  return answer?.failure
}

test.each([
  ['placement-lines.ts', "without this.memory.barrier('beforePublish')", 'torn'],
  ['placement-words.ts', 'false → true', 'stale'],
  ['reader-fenced.ts', 'this.#readVersion(sink, LAST, true) | true → false', 'mislabelled'],
  ['slots/placement.ts', "without this.memory.barrier('beforePublish')", 'torn'],
  ['slots/layout.ts', '(shape.slotCount - 2)) | 2 → (2 - 1)', 'mislabelled'],
])('the simulator notices in %s: %s', async (file, change, kind) => {
  const mutant = allMutants(built).find(({ key }) => key.startsWith(file) && key.includes(change))
  expect(mutant).toBeDefined()
  if (mutant !== undefined) expect(await failureOf(mutant)).toContain(kind)
})

test.each([
  ['seqlock', 'placement-words'],
  ['slots', 'owner'],
])('the simulator has nothing against the code as it is: %s/%s', async (protocol, file) => {
  const [mutant] = allMutants(built).filter(
    (each) => each.protocol === protocol && each.file === file,
  )
  expect(mutant).toBeDefined()
  if (mutant === undefined) return
  const code = fs.readFileSync(path.join(built, `protocols/${protocol}/${file}.js`), 'utf8')
  expect(await failureOf({ ...mutant, code })).toBeNull()
})
