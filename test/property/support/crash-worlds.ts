// Worlds in which an owner dies at any step, for ever or to be started again, as plain data: what prints as
// JSON can be had again. Readers of the first generation go on reading, those of the second begin as
// soon as its owner has, and when all is quiet everybody opens the region that there is, and reads.
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { soundCell } from '../../../src/protocols/cell/index.ts'
import {
  type MemoryKernels,
  loadHash,
  lockStrategies,
  portableKernels,
  slotsStrategies,
} from '../../../src/protocols/index.ts'
import type { Exploration } from '../../../src/simulation/exploration.ts'
import { explore } from '../../../src/simulation/explore.ts'
import { cellProtocol } from '../../../src/simulation/protocol/cell-protocol.ts'
import { lockedProtocol } from '../../../src/simulation/protocol/locked-protocol.ts'
import type { OwnerStep } from '../../../src/simulation/protocol/owner-trace.ts'
import {
  ProtocolScenario,
  type ProtocolScenarioOptions,
} from '../../../src/simulation/protocol/protocol-scenario.ts'
import type { ProtocolUnderTest } from '../../../src/simulation/protocol/protocol-under-test.ts'
import { slotsProtocol } from '../../../src/simulation/protocol/slots-protocol.ts'
import {
  type SamplingPreset,
  samplingModel,
  samplingPresetNames,
} from '../../../src/simulation/sampling-model.ts'

const kernels: MemoryKernels = portableKernels(await loadHash())

/** The seed of this run of the tests. */
export const seed: number = Number(process.env['UNTORN_SEED'] ?? 0)

/** In the middle of what an owner dies, beside being done with it. */
export type Moment = 'publish' | 'part' | 'discard' | 'close'

const steps: Readonly<Record<Moment, readonly OwnerStep[]>> = {
  publish: [{ kind: 'publish' }],
  /** Of slots a loan, of locked regions a change of a part. */
  part: [{ kind: 'part', from: 20, length: 20 }],
  /** Of slots a loan that is given back, of cells a draft, of locked regions a lock. */
  discard: [{ kind: 'abort', from: 20, length: 20 }],
  close: [],
}

/**
 * Slots and cells are given to the next generation in place, which no session does: memory is registered
 * anew for every publication, under keys of its own, and the old registration is gone. Words of slots
 * and cells are encoded by the generation's keys, so they need not rely on that. Words of locked regions
 * are plain numbers, as holders compare-and-swap them: version 2 of one generation is version 2 of the
 * next. Theirs is the session's promise: other memory, and every operation on the old one fails.
 */
export interface CrashSubject {
  readonly inPlace: boolean
  readonly granuleMin: number
  readonly moments: readonly Moment[]
  protocol(payloadBytes: number): ProtocolUnderTest
}

const slots = { inPlace: true, granuleMin: 1, moments: ['publish', 'part', 'close'] } as const

const locked = { inPlace: false, moments: ['publish', 'discard', 'close'] } as const

export type SubjectName =
  'slots fenced' | 'slots hash' | 'cell without a pin' | 'locked fenced' | 'locked hash'

export const subjects: Readonly<Record<SubjectName, CrashSubject>> = {
  'slots fenced': {
    ...slots,
    protocol: (payloadBytes) =>
      slotsProtocol(slotsStrategies.fenced, kernels, { payloadBytes, slotCount: 2 }),
  },
  'slots hash': {
    ...slots,
    protocol: (payloadBytes) =>
      slotsProtocol(slotsStrategies.hash, kernels, { payloadBytes, slotCount: 2 }),
  },
  'cell without a pin': {
    inPlace: true,
    granuleMin: 1,
    moments: ['publish', 'discard', 'close'],
    protocol: (payloadBytes) =>
      cellProtocol({ name: 'right', ...soundCell }, kernels, { payloadBytes }),
  },
  'locked fenced': {
    ...locked,
    granuleMin: lockStrategies.fenced.needs.atomicGranuleBytes,
    protocol: (payloadBytes) => lockedProtocol(lockStrategies.fenced, kernels, { payloadBytes }),
  },
  'locked hash': {
    ...locked,
    granuleMin: lockStrategies.hash.needs.atomicGranuleBytes,
    protocol: (payloadBytes) => lockedProtocol(lockStrategies.hash, kernels, { payloadBytes }),
  },
}

export const subjectNames = Object.keys(subjects) as readonly SubjectName[]

export function presetsOf(subject: SubjectName): readonly SamplingPreset[] {
  const { granuleMin } = subjects[subject]
  return samplingPresetNames.filter((name) => samplingModel(name).atomicGranuleBytes >= granuleMin)
}

const read = { kind: 'read' } as const

export type Fate = 'for ever' | 'restarts, a reader of before' | 'restarts, a reader of after'

/** What becomes of the owner, and who looks on: readers do not meet, so that one at a time will do. */
export const fates: Readonly<Record<Fate, Partial<ProtocolScenarioOptions>>> = {
  'for ever': { faults: { crashes: 1 }, readers: [[read, read]] },
  'restarts, a reader of before': { faults: { crashes: 1, restarts: 1 }, readers: [[read, read]] },
  'restarts, a reader of after': {
    faults: { crashes: 1, restarts: 1 },
    readers: [],
    successors: [[read]],
  },
}

/** Everything that a run depends on but its schedule. */
export interface CrashWorld extends Omit<ProtocolScenarioOptions, 'observe' | 'payloadOf'> {
  readonly subject: SubjectName
  readonly payloadBytes: number
}

export function crashWorld(
  subject: SubjectName,
  fate: Fate,
  moment: Moment,
  model: SamplingPreset,
): CrashWorld {
  const restartsInPlace = subjects[subject].inPlace && fate !== 'for ever'
  return {
    subject,
    model,
    payloadBytes: 8,
    attemptsMax: 1,
    recovers: true,
    restartsInPlace,
    ownerSteps: steps[moment],
    close: moment === 'close',
    ...fates[fate],
  }
}

/** @param change makes the protocol another one: negatives */
export function crashScenario(
  { subject, payloadBytes, ...options }: CrashWorld,
  more: Pick<ProtocolScenarioOptions, 'observe'> = {},
  change: (right: ProtocolUnderTest) => ProtocolUnderTest = (right) => right,
): ProtocolScenario {
  return new ProtocolScenario(change(subjects[subject].protocol(payloadBytes)), {
    ...options,
    ...more,
  })
}

/** What to say when a world is not as it should be. */
export function describeExploration(world: CrashWorld, exploration: Exploration): string {
  const { verdict, counterexample, coverage } = exploration
  const why = counterexample?.violation.message ?? JSON.stringify(coverage)
  const tape = counterexample === undefined ? '' : `\ntape ${counterexample.tape}`
  return `${verdict}: ${why}\nworld ${JSON.stringify(world)}${tape}`
}

/** Worlds of more schedules than this are for `npm run test:deep`. */
const QUICK_SCHEDULES = 4000

/** One world by the name under which its count is checked in. */
export interface CountedCrash {
  readonly key: string
  readonly world: CrashWorld
  /** Null until it was counted. */
  readonly expected: string | null
  readonly quick: boolean
}

export const expectedFile: string = fileURLToPath(
  new URL('../expected/crash-matrix.json', import.meta.url),
)

const expected: Readonly<Record<string, string>> = fs.existsSync(expectedFile)
  ? (JSON.parse(fs.readFileSync(expectedFile, 'utf8')) as Record<string, string>)
  : {}

/** Keys of the counts that are checked in, in their order. */
export const countedKeys: readonly string[] = Object.keys(expected)

function counted(subject: SubjectName, fate: Fate, moment: Moment): readonly CountedCrash[] {
  // Byte by byte there are too many schedules; they are sampled.
  const presets = presetsOf(subject).filter((name) => name !== 'bytes')
  return presets.map((model) => {
    const key = `${subject}, ${model}: dies in ${moment}, ${fate}`
    const count = Object.hasOwn(expected, key) ? (expected[key] as string) : null
    const quick = count === null || Number.parseInt(count, 10) <= QUICK_SCHEDULES
    return { key, world: crashWorld(subject, fate, moment, model), expected: count, quick }
  })
}

/** In memory of its own the next generation is the same, whatever the one before died of. */
function momentsOf(subject: SubjectName, fate: Fate): readonly Moment[] {
  const { inPlace, moments } = subjects[subject]
  return inPlace || fate !== 'restarts, a reader of after' ? moments : ['publish']
}

export const countedCrashes: readonly CountedCrash[] = subjectNames.flatMap((subject) =>
  (Object.keys(fates) as readonly Fate[]).flatMap((fate) =>
    momentsOf(subject, fate).flatMap((moment) => counted(subject, fate, moment)),
  ),
)

/** Explores a world to the end, and counts. */
export function exploreCounting(world: CrashWorld): {
  readonly exploration: Exploration
  readonly text: string
} {
  const exploration = explore(crashScenario(world), { strategy: 'exhaustive' })
  const { schedules, states, coverage } = exploration
  const { faults, retries } = coverage
  const text = `${schedules} schedules, ${states} states, ${retries} retries, ${faults} faults`
  return { exploration, text }
}
