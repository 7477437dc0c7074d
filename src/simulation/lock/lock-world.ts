// A locked region in a world of active parties: holders that increment what the payload counts, a reader,
// and the owner, which evicts. Judged: who has the lock has it alone (two-holders), bytes are of one payload
// (torn), a version is one payload to all (mislabelled), versions do not run back (backwards), and
// increments and reads are linearizable: none is lost, none happens twice.
import type { LockConduct, LockScheme } from '../../protocols/lock/index.ts'
import { lockRegionBytes } from '../../protocols/lock/index.ts'
import type { MemoryKernels } from '../../protocols/local-memory.ts'
import { Plain } from '../../protocols/seqlock/layout.ts'
import type { SequentialSpecification } from '../history/index.ts'
import {
  type PartyPlan,
  PartyScenario,
  type PartyScenarioOptions,
  type PartyWorld,
} from '../party/index.ts'
import { DirectMemory } from './direct-memory.ts'
import {
  type LockOperation,
  type LockRun,
  cpuScript,
  evictScript,
  holderScript,
  readerScript,
} from './lock-scripts.ts'
import { LockWatchdog } from './lock-watchdog.ts'

export interface LockWorld extends Omit<PartyScenarioOptions, 'observe'> {
  readonly payloadBytes: number
  /** Increments of each holder. */
  readonly holders: readonly number[]
  /** Reads of the reader; 0: there is none. */
  readonly reads?: number
  /** What the owner does with the first holder. Default: nothing, and there is no owner. */
  readonly evicts?: 'any-time' | 'after-death' | 'never'
  /** Holders from the second on begin when the first was evicted. */
  readonly successors?: boolean
  /** Each holder ends by taking the lock and giving it back. */
  readonly discards?: boolean
  /** Attempts of an acquisition, and of a read. Default 1. */
  readonly attemptsMax?: number
}

/** What a world is made of that is not plain data. */
export interface LockUnderTest {
  /** What tells its tapes from those of others. */
  readonly name?: string
  readonly scheme: LockScheme
  readonly conduct: LockConduct
  readonly kernels: MemoryKernels
}

/** Users' calls, one after the other: an increment tells the new count, or null that it did not happen. */
const counter: SequentialSpecification<number, LockOperation, number | null> = {
  initial: 0,
  next(count, { kind }, result) {
    if (kind === 'read') return result === undefined || result === count ? [count] : []
    if (result === undefined) return [count + 1]
    if (result === null) return [count]
    return result === count + 1 ? [result] : []
  },
  key: (count) => count,
}

const OWNER_IDENTITY = 1
const GENERATION = 0x0102_0304
const HASH_KEY = 0x1122_3344_5566_7788n
/** Room for the machines of one party, and their repairs. */
const LANDING_BYTES = 1024

export function lockScenario(
  world: LockWorld,
  { name = 'locked region', scheme, conduct, kernels }: LockUnderTest,
  more: Pick<PartyScenarioOptions, 'observe'> = {},
): PartyScenario<LockRun> {
  const { payloadBytes, holders, reads, evicts } = world
  const shape = { payloadBytes, generation: GENERATION, hashKey: HASH_KEY }
  const parties = partiesOf(world, conduct)
  const plan: PartyWorld<LockRun> = {
    name: `${name} of ${payloadBytes} bytes, ${JSON.stringify([holders, reads, evicts])}`,
    regionBytes: lockRegionBytes(payloadBytes),
    parties,
    specification: counter,
    prepare: (run) => {
      const scenario = run as PartyScenario<LockRun>
      const memory = new DirectMemory(run.region, () => scenario.world.steps)
      const watchdog = new LockWatchdog(payloadBytes, (kind, message) =>
        scenario.violate(kind, message),
      )
      scheme.format(memory, shape, kernels, watchdog.payloadOf(0))
      const swapByCpu = (expected: bigint, desired: bigint): bigint => {
        const found = memory.loadWord64(Plain.version)
        if (found !== expected || expected === desired) return found
        memory.storeWord64(Plain.version, desired)
        scenario.world.motion += 1
        return found
      }
      const victim = run.parties[0] ?? null
      const evicted = (): void => {
        scenario.coverage.faults += 1
      }
      return { scheme, shape, kernels, conduct, watchdog, victim, evicted, swapByCpu }
    },
  }
  return new PartyScenario(plan, { ...faultsOf(world), ...more })
}

/** What of a world is the scenario's own. */
function faultsOf(world: LockWorld): PartyScenarioOptions {
  const { model, faults, mishapAt, ticksMax, reduces, stepsMax } = world
  return {
    model,
    ...(faults && { faults }),
    ...(mishapAt && { mishapAt }),
    ...(ticksMax !== undefined && { ticksMax }),
    ...(reduces !== undefined && { reduces }),
    ...(stepsMax !== undefined && { stepsMax }),
  }
}

function partiesOf(world: LockWorld, conduct: LockConduct): readonly PartyPlan<LockRun>[] {
  const { holders, reads = 0, evicts, successors, attemptsMax = 1 } = world
  const parties: PartyPlan<LockRun>[] = holders.map((increments, index) => ({
    name: `holder${index + 1}`,
    queuePairs: conduct === 'releases-again' ? 2 : 1,
    landingBytes: LANDING_BYTES,
    mortal: index === 0,
    script: (party, run) =>
      holderScript(party, run, {
        identity: OWNER_IDENTITY + 1 + index,
        increments,
        attemptsMax,
        afterRepairs: successors === true && index > 0 ? 1 : 0,
        discards: world.discards ?? false,
      }),
  }))
  if (reads > 0) {
    parties.push({
      name: 'reader',
      landingBytes: LANDING_BYTES,
      script: (party, run) => readerScript(party, run, { reads, attemptsMax }),
    })
  }
  if (conduct === 'owner-cpu') {
    parties.push({
      name: 'owner',
      script: (party, run) => cpuScript(party, run, OWNER_IDENTITY),
    })
  } else if (evicts === 'any-time' || evicts === 'after-death') {
    parties.push({
      name: 'owner',
      queuePairs: 2,
      landingBytes: LANDING_BYTES,
      script: (party, run) =>
        evictScript(party, run, {
          identity: OWNER_IDENTITY + 1,
          waitsForDeath: evicts === 'after-death',
        }),
    })
  }
  return parties
}
