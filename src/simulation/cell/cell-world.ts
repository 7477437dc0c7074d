// An RCU cell without remote writers in a world of active parties: an owner that publishes, scans and
// reclaims, and readers with and without pins. Poison and small heaps make what is reclaimed too early
// show at once.
import { cellRegionBytes, rowOffset } from '../../protocols/cell/index.ts'
import type { CellShape } from '../../protocols/cell/index.ts'
import {
  type PartyPlan,
  PartyScenario,
  type PartyScenarioOptions,
  type PartyWorld,
} from '../party/index.ts'
import { CellRun, type CellUnderTest } from './cell-run.ts'
import { type OwnerDeed, ownerScript } from './owner-script.ts'
import { type ReaderDeed, readerScript } from './reader-script.ts'

export interface CellWorld extends Omit<PartyScenarioOptions, 'observe'> {
  /** Of every object. */
  readonly payloadBytes: number
  /** Objects that there is room for. Default 2. */
  readonly spanCount?: number
  readonly owner: readonly OwnerDeed[]
  readonly readers: readonly (readonly ReaderDeed[])[]
  /** Attempts of one read. Default 1. */
  readonly attemptsMax?: number
  /** Default 2; only where time passes does it matter. */
  readonly leaseTicks?: number
  /** Default: half of a tick, so that the owner waits a tick longer than readers do. */
  readonly slackTicks?: number
  readonly poison?: boolean
  readonly quarantine?: number
  /** What readers do when all others have come to an end. */
  readonly afterwards?: readonly ReaderDeed[]
}

const GENERATION = 0x7_1234_5678
const HASH_KEY = 0xfeed_beef_1234_5679n
const LEASE_TICKS = 2

/** @param ages is added to: how often an object was used under a pin at each age in grace periods */
export function cellScenario(
  world: CellWorld,
  cell: CellUnderTest,
  more: Pick<PartyScenarioOptions, 'observe'> & { readonly ages?: number[] } = {},
): PartyScenario<CellRun> {
  const { ages, ...options } = more
  return new PartyScenario(cellPartyWorld(world, cell, ages), { ...world, ...options })
}

/** The parties of such a world, for those who run it otherwise: the crash matrix. */
export function cellPartyWorld(
  world: Omit<CellWorld, 'model'>,
  cell: CellUnderTest,
  ages: number[] = [],
): PartyWorld<CellRun> {
  const { payloadBytes, spanCount = 2, owner, readers, attemptsMax = 1, afterwards } = world
  const { leaseTicks = LEASE_TICKS, slackTicks = 0.5, poison = false, quarantine = 0 } = world
  const rows = readers.length + (afterwards === undefined ? 0 : 1)
  const shape: CellShape = {
    objectBytesMax: payloadBytes,
    spanCount,
    readers: rows,
    writers: 0,
    generation: GENERATION,
    hashKey: HASH_KEY,
  }
  const lists = afterwards === undefined ? readers : [...readers, afterwards]
  const parties: PartyPlan<CellRun>[] = lists.map((deeds, row) => ({
    name: `r${row + 1}`,
    // One more, for a control that pins by another one.
    queuePairs: cell.pinsApart === true ? 2 : 1,
    landingBytes: 1024,
    mortal: true,
    afterwards: row === readers.length,
    rights: { write: [{ from: rowOffset(row), to: rowOffset(row) + 64 }], atomic: [] },
    script: (party, run) =>
      readerScript(party, run, {
        deeds,
        leaseTicks,
        row,
        // A dead owner's last stores may become visible meanwhile, but nothing else happens.
        attemptsMax: row === readers.length ? attemptsMax + 2 : attemptsMax,
        mustRead: row === readers.length,
      }),
  }))
  return {
    name: `cell ${cell.name}, ${JSON.stringify([owner, readers, afterwards, payloadBytes])}`,
    regionBytes: cellRegionBytes(shape),
    peersWrite: [{ from: rowOffset(0), to: rowOffset(rows) }],
    parties: [
      {
        name: 'owner',
        cpu: true,
        mortal: true,
        script: (party, run) => ownerScript(party, run, owner),
      },
      ...parties,
    ],
    prepare: (run) => {
      const { port } = run.party('owner')
      if (port === null) throw new Error('an owner has a port')
      const made = cell.scheme.createOwner(port, shape, cell.kernels, {
        leaseMs: leaseTicks,
        slackMs: slackTicks,
        poison,
        quarantine,
      })
      const { region } = run
      const shared = new CellRun({
        cell,
        shape,
        owner: made,
        region,
        payloadBytes,
        ages,
        meeting: readers.length + 1,
        writers: [],
      })
      made.format(shared.payload(1))
      shared.noteVersion()
      for (let row = 0; row < rows; row += 1) made.readers.grant()
      return shared
    },
  }
}
