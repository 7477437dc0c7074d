// An RCU cell with remote writers in a world of active parties: everybody swaps the word by a NIC, the
// owner through a queue pair to itself.
import {
  cellRegionBytes,
  grantBytes,
  grantUnit,
  rowOffset,
  unitOffset,
} from '../../protocols/cell/index.ts'
import type { CellShape } from '../../protocols/cell/index.ts'
import {
  type PartyPlan,
  PartyScenario,
  type PartyScenarioOptions,
  type PartyWorld,
} from '../party/index.ts'
import { CellRun, type CellUnderTest } from './cell-run.ts'
import { type ReaderDeed, readerScript } from './reader-script.ts'
import {
  type SwappingDeed,
  type WriterDeed,
  cellSpecification,
  swappingOwnerScript,
  writerScript,
} from './writer-script.ts'

export interface WriterWorld extends Omit<PartyScenarioOptions, 'observe'> {
  /** Of every object. */
  readonly payloadBytes: number
  /** Objects that the owner has room for. Default 2. */
  readonly spanCount?: number
  readonly owner: readonly SwappingDeed[]
  readonly writers: readonly (readonly WriterDeed[])[]
  /** Who gets the first writer's place when the owner grants it anew: alone, if it does nothing else. */
  readonly successor?: readonly WriterDeed[]
  /** Readers with pins. */
  readonly readers?: readonly (readonly ReaderDeed[])[]
  /** Attempts of an update. Default 2. */
  readonly attemptsMax?: number
  readonly poison?: boolean
  /** What somebody reads when all others have come to an end. */
  readonly afterwards?: readonly 'load'[]
}

const GENERATION = 0x7_1234_5678
const HASH_KEY = 0xfeed_beef_1234_5679n
const LEASE_TICKS = 2

export function writerScenario(
  world: WriterWorld,
  cell: CellUnderTest,
  more: Pick<PartyScenarioOptions, 'observe'> = {},
): PartyScenario<CellRun> {
  return new PartyScenario(writerPartyWorld(world, cell), { ...world, ...more })
}

/** The parties of such a world, for those who run it otherwise: the crash matrix. */
export function writerPartyWorld(
  world: Omit<WriterWorld, 'model'>,
  cell: CellUnderTest,
): PartyWorld<CellRun> {
  const { payloadBytes, spanCount = 2, owner, writers, readers = [], afterwards } = world
  const { attemptsMax = 2, poison = false, successor } = world
  const plan = [
    owner,
    writers,
    readers,
    payloadBytes,
    ...(successor === undefined ? [] : [successor]),
  ]
  const shape: CellShape = {
    objectBytesMax: payloadBytes,
    spanCount,
    readers: readers.length,
    writers: writers.length,
    generation: GENERATION,
    hashKey: HASH_KEY,
  }
  return {
    name: `cell ${cell.name}, ${JSON.stringify(plan)}`,
    regionBytes: cellRegionBytes(shape),
    peersWrite: [{ from: rowOffset(0), to: rowOffset(readers.length) }],
    specification: cellSpecification,
    parties: [
      {
        name: 'owner',
        cpu: true,
        queuePairs: 2,
        script: (party, run) => swappingOwnerScript(party, run, { deeds: owner, attemptsMax }),
      },
      ...writers.map((deeds, place) => writerPlan(shape, deeds, place, attemptsMax)),
      ...readers.map((deeds, row) => readerPlan(deeds, row)),
      ...(successor === undefined ? [] : [successorPlan(shape, world, successor)]),
      ...(afterwards === undefined ? [] : [visitorPlan(afterwards)]),
    ],
    prepare: (run) => {
      const { port } = run.party('owner')
      if (port === null) throw new Error('an owner has a port')
      // A control swaps the word by a CPU's instruction, which is one for all CPUs.
      port.lockedOffset = 0
      const terms = { leaseMs: LEASE_TICKS, slackMs: 1, poison }
      const made = cell.scheme.createOwner(port, shape, cell.kernels, terms)
      const { region } = run
      const shared = new CellRun({
        cell,
        shape,
        owner: made,
        region,
        payloadBytes,
        ages: [],
        meeting: 0,
        writers: writers.map((_, place) => run.party(`w${place + 1}`)),
      })
      made.format(shared.payload(1))
      shared.noteVersion()
      for (const _ of writers) made.writers.grant()
      for (const _ of readers) made.readers.grant()
      return shared
    },
  }
}

/** Reads when all others have come to an end. */
function visitorPlan(deeds: readonly 'load'[]): PartyPlan<CellRun> {
  return {
    name: 'visitor',
    afterwards: true,
    landingBytes: 1024,
    rights: { write: [], atomic: [] },
    script: (party, run) =>
      writerScript(party, run, { deeds, attemptsMax: 1, place: 0, alone: true }),
  }
}

function writerPlan(
  shape: CellShape,
  deeds: readonly WriterDeed[],
  place: number,
  attemptsMax: number,
): PartyPlan<CellRun> {
  const grant = unitOffset(shape, grantUnit(shape, place, 0))
  return {
    name: `w${place + 1}`,
    mortal: true,
    landingBytes: 1024,
    rights: {
      write: [{ from: grant, to: grant + grantBytes(shape) }],
      atomic: [{ from: 0, to: 8 }],
    },
    script: (party, run) => writerScript(party, run, { deeds, attemptsMax, place }),
  }
}

/** Has the place, and the rights, that the first writer had. */
function successorPlan(
  shape: CellShape,
  { owner, attemptsMax = 2 }: Omit<WriterWorld, 'model'>,
  deeds: readonly WriterDeed[],
): PartyPlan<CellRun> {
  const alone = owner.at(-1) === 'grant'
  return {
    ...writerPlan(shape, deeds, 0, attemptsMax),
    name: 'successor',
    mortal: false,
    *script(party, run) {
      yield* party.until(() => run.granted)
      yield* writerScript(party, run, { deeds, attemptsMax, place: 0, alone })
    },
  }
}

function readerPlan(deeds: readonly ReaderDeed[], row: number): PartyPlan<CellRun> {
  return {
    name: `r${row + 1}`,
    mortal: true,
    landingBytes: 1024,
    rights: { write: [{ from: rowOffset(row), to: rowOffset(row) + 64 }], atomic: [] },
    script: (party, run) =>
      readerScript(party, run, { deeds, attemptsMax: 1, leaseTicks: LEASE_TICKS, row }),
  }
}
