// Generators of fast-check for properties about protocols: worlds, schedules, payloads. A module of
// its own, `untorn/testing/arbitraries`, because it imports fast-check, which is an optional peer
// dependency: whoever checks properties has it, nobody else needs it, and one copy serves both, so
// that seeds and other global settings hold here too.
import fc from 'fast-check'
import { argumentRangeError } from '../errors.ts'
import type { FaultPlan } from '../simulation/protocol/fault-program.ts'
import type { OwnerStep } from '../simulation/protocol/owner-trace.ts'
import type { ReadPlan } from '../simulation/protocol/reader-program.ts'
import type { CopyManner } from '../simulation/recording-memory.ts'
import type { CheckWorld } from './check-world.ts'

export interface TapeArbitraryOptions {
  /** Choices of the longest schedule; those that follow are benign. Default 200. */
  readonly choicesMax?: number
}

/**
 * Schedules as arrays of naturals. Every such array is a schedule of every world, and a shorter or
 * smaller one is a tamer schedule: what shrinks is simpler to read. Stretches of the benign choice
 * are likely, because an actor that goes on for a while is what most mistakes need.
 * @throws RangeError ERR_UNTORN_ARGUMENT
 */
export function tapeArbitrary(options: TapeArbitraryOptions = {}): fc.Arbitrary<number[]> {
  const { choicesMax = 200 } = options
  requireCount('choicesMax', choicesMax, 1, 100_000)
  const choice = fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 3, arbitrary: fc.nat({ max: 3 }) },
    { weight: 1, arbitrary: fc.nat({ max: 63 }) },
  )
  return fc.array(choice, { maxLength: choicesMax, size: 'max' })
}

/** Payloads of `payloadBytes` bytes: arbitrary ones, and those whose bytes are all alike. */
export function payloadArbitrary(payloadBytes: number): fc.Arbitrary<Uint8Array> {
  requireCount('payloadBytes', payloadBytes, 1, 65_536)
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc.uint8Array({ minLength: payloadBytes, maxLength: payloadBytes, size: 'max' }),
    },
    {
      weight: 1,
      arbitrary: fc.nat({ max: 255 }).map((byte) => new Uint8Array(payloadBytes).fill(byte)),
    },
  )
}

export interface WorldArbitraryOptions {
  /** Calls of the owner after the first payload, at most. Default 4. */
  readonly stepsMax?: number
  /** Default 2. */
  readonly readersMax?: number
  /** Reads of each reader, at most. Default 3. */
  readonly readsMax?: number
  /** Default 3. */
  readonly attemptsMax?: number
  /** Also parts, aborts, reads of parts, and "changed since?": what machines of protocols may do. */
  readonly parts?: boolean
  /** Worlds in which owners die, connections break, reads time out. */
  readonly faults?: boolean
  /** Worlds whose owner closes the region. */
  readonly close?: boolean
}

/**
 * Worlds for `runSchedule` and the option `worlds`. They shrink towards one publication and one read.
 * @throws RangeError ERR_UNTORN_ARGUMENT
 */
export function worldArbitrary(options: WorldArbitraryOptions = {}): fc.Arbitrary<CheckWorld> {
  const { stepsMax = 4, readersMax = 2, readsMax = 3, attemptsMax = 3, parts = false } = options
  requireCount('stepsMax', stepsMax, 1, 64)
  requireCount('readersMax', readersMax, 1, 4)
  requireCount('readsMax', readsMax, 1, 64)
  requireCount('attemptsMax', attemptsMax, 1, 64)
  return fc.record({
    owner: fc.array(ownerStep(parts), { minLength: 1, maxLength: stepsMax, size: 'max' }),
    readers: fc.integer({ min: 1, max: readersMax }),
    reads: fc.array(readPlan(parts), { minLength: 1, maxLength: readsMax, size: 'max' }),
    attemptsMax: fc.integer({ min: 1, max: attemptsMax }),
    close: options.close === true ? fc.boolean() : fc.constant(false),
    faults: options.faults === true ? faultPlan() : fc.constant({}),
  })
}

const sixtyFourths = fc.nat({ max: 63 })

function manner(): fc.Arbitrary<CopyManner> {
  return fc.record({
    unitBytes: fc.constantFrom(8, 1),
    order: fc.constantFrom('ascending', 'descending', 'evens-first'),
  })
}

function ownerStep(parts: boolean): fc.Arbitrary<OwnerStep> {
  const publish = fc.record({
    kind: fc.constantFrom('publish' as const, 'update' as const),
    manner: manner(),
  })
  if (!parts) return publish
  const part = fc.record({
    kind: fc.constantFrom('part' as const, 'abort' as const),
    manner: manner(),
    from: sixtyFourths,
    length: sixtyFourths,
  })
  return fc.oneof<fc.Arbitrary<OwnerStep>[]>(publish, part)
}

function readPlan(parts: boolean): fc.Arbitrary<ReadPlan> {
  const read: fc.Arbitrary<ReadPlan> = fc.constant({ kind: 'read' })
  if (!parts) return read
  return fc.oneof(
    read,
    fc.record({ kind: fc.constant('part' as const), from: sixtyFourths, length: sixtyFourths }),
    fc.constant({ kind: 'if-changed' as const }),
  )
}

function faultPlan(): fc.Arbitrary<Partial<FaultPlan>> {
  const count = fc.nat({ max: 1 })
  return fc.record({
    crashes: count,
    restarts: count,
    queuePairErrors: count,
    deregistrations: count,
    timeOuts: count,
  })
}

function requireCount(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw argumentRangeError(`${name} is an integer from ${min} to ${max}, not ${String(value)}`)
}
