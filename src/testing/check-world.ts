// The closed worlds in which a protocol is checked: how often the owner publishes, who reads, what
// breaks. Small ones can be explored completely and show almost every mistake; large ones are
// sampled.
import { argumentRangeError, argumentTypeError } from '../errors.ts'
import { type Strategy, strategyNames } from '../simulation/exploration.ts'
import type { FaultPlan } from '../simulation/protocol/fault-program.ts'
import { noFaults } from '../simulation/protocol/fault-program.ts'
import type { OwnerStep } from '../simulation/protocol/owner-trace.ts'
import type { ProtocolScenarioOptions } from '../simulation/protocol/protocol-scenario.ts'
import type { ReadPlan } from '../simulation/protocol/reader-program.ts'
import type { SamplingModel } from '../simulation/sampling-model.ts'

export interface CheckWorld {
  /** For reports. */
  readonly name?: string
  /** What the owner does after the first payload; a number: so many publications. Default 1. */
  readonly owner?: number | readonly OwnerStep[]
  /** The owner closes the region in the end. */
  readonly close?: boolean
  /** Readers, 1 to 4. Default 1. */
  readonly readers?: number
  /** Reads of each reader; a number: so many of the whole payload. Default 1. */
  readonly reads?: number | readonly ReadPlan[]
  /** Attempts of one read, at most. Default 1. */
  readonly attemptsMax?: number
  /** How often each fault may happen. Default: never. */
  readonly faults?: Partial<FaultPlan>
  /**
   * After the last read faults heal and everything stored becomes visible; then each reader reads
   * once more, and one attempt must bring the last version.
   */
  readonly recovers?: boolean
  /** How schedules are chosen. Default `exhaustive`. */
  readonly strategy?: Strategy
  /** Schedules run, at most. Default 10 000. */
  readonly schedulesMax?: number
}

/** Three worlds that small payloads allow to explore completely, and one that is sampled. */
export const defaultWorlds: readonly CheckWorld[] = [
  { name: 'one write' },
  {
    name: 'one write, copied backwards',
    owner: [{ kind: 'publish', manner: { unitBytes: 8, order: 'descending' } }],
  },
  { name: 'two writes', owner: 2, attemptsMax: 2 },
  {
    name: 'four writes, two readers',
    owner: 4,
    readers: 2,
    reads: 2,
    attemptsMax: 3,
    strategy: 'mixed',
    schedulesMax: 1500,
  },
]

/** What a report calls a world. */
export function nameOfWorld(world: CheckWorld, index: number): string {
  return world.name ?? `world ${index + 1}`
}

/** The options that make a scenario of a world. */
export function scenarioOptions(world: CheckWorld, model: SamplingModel): ProtocolScenarioOptions {
  const { owner = 1, readers = 1, reads = 1, attemptsMax = 1, close = false, faults } = world
  const plan: readonly ReadPlan[] =
    typeof reads === 'number' ? Array.from({ length: reads }, () => ({ kind: 'read' })) : reads
  return {
    model,
    ownerSteps:
      typeof owner === 'number'
        ? Array.from({ length: owner }, () => ({ kind: 'publish' }))
        : owner,
    readers: Array.from({ length: readers }, () => plan),
    attemptsMax,
    close,
    ...(world.recovers === true ? { recovers: true } : {}),
    ...(faults === undefined ? {} : { faults }),
  }
}

const parameterNames: readonly (keyof CheckWorld)[] = [
  'name',
  'owner',
  'close',
  'readers',
  'reads',
  'attemptsMax',
  'faults',
  'recovers',
  'strategy',
  'schedulesMax',
]

/**
 * A mistyped parameter would silently check a smaller world, so unknown ones are refused.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT naming the parameter
 */
export function requireWorld(world: CheckWorld): void {
  if (typeof world !== 'object' || world === null) throw argumentTypeError('a world is an object')
  for (const name of Object.keys(world)) {
    if (parameterNames.some((known) => known === name)) continue
    throw argumentRangeError(
      `a world has no ${JSON.stringify(name)}: it has ${parameterNames.join(', ')}`,
    )
  }
  const { owner = 1, readers = 1, reads = 1, attemptsMax = 1, strategy, faults = {} } = world
  requireCount('owner', typeof owner === 'number' ? owner : owner.length, 0, 64)
  requireCount('readers', readers, 1, 4)
  requireCount('reads', typeof reads === 'number' ? reads : reads.length, 1, 64)
  requireCount('attemptsMax', attemptsMax, 1, 64)
  requireCount('schedulesMax', world.schedulesMax ?? 1, 1, Infinity)
  if (strategy !== undefined && !strategyNames.includes(strategy)) {
    throw argumentRangeError(
      `a world’s strategy is one of ${strategyNames.join(', ')}; got ${JSON.stringify(strategy)}`,
    )
  }
  for (const [fault, count] of Object.entries(faults)) {
    if (!Object.hasOwn(noFaults, fault)) {
      const known = Object.keys(noFaults).join(', ')
      throw argumentRangeError(`a fault is one of ${known}; got ${JSON.stringify(fault)}`)
    }
    requireCount(`faults.${fault}`, count, 0, 16)
  }
}

function requireCount(name: string, value: number, min: number, max: number): void {
  const whole = Number.isSafeInteger(value) || value === Infinity
  if (whole && value >= min && value <= max) return
  throw argumentRangeError(
    `a world’s ${name} is an integer from ${min} to ${max}, not ${String(value)}`,
  )
}
