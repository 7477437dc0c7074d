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
}
interface Mutators {
  readonly mutantsOf: (code: string) => Mutant[]
  readonly mutate: (code: string, mutant: Mutant) => string
}
interface NamedMutant {
  readonly id: number
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
  const answer = await judge.ask({ folder, names: mutant.names }, { cpuSeconds: 8 })
  return answer?.failure
}

test.each([
  ['placement-lines.ts', "without this.memory.barrier('beforePublish')", 'torn'],
  ['placement-words.ts', 'false → true', 'stale'],
  ['reader-fenced.ts', 'Plain.version, WORD_BYTES, true) | true → false', 'mislabelled'],
])('the simulator notices in %s: %s', async (file, change, kind) => {
  const mutant = allMutants(built).find(({ key }) => key.startsWith(file) && key.includes(change))
  expect(mutant).toBeDefined()
  if (mutant !== undefined) expect(await failureOf(mutant)).toContain(kind)
})

test('the simulator has nothing against the code as it is', async () => {
  const [mutant] = allMutants(built).filter(({ file }) => file === 'placement-words')
  expect(mutant).toBeDefined()
  if (mutant === undefined) return
  const code = fs.readFileSync(path.join(built, 'protocols/seqlock/placement-words.js'), 'utf8')
  expect(await failureOf({ ...mutant, code })).toBeNull()
})
