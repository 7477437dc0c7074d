// What the safety matrix has rows of: a strategy of a protocol, and the worlds it is explored in.
// A protocol is added by a list of subjects in `subjects.ts`.
import type { MemoryKernels } from '../../protocols/local-memory.ts'
import type { StrategyNeeds } from '../../protocols/seqlock/index.ts'
import type { ProtocolName, Strategy } from '../../regions/contract.ts'
import type { SafetyCell } from '../../regions/safety-cell.ts'
import type { OwnerStep } from '../protocol/owner-trace.ts'
import type { ProtocolUnderTest } from '../protocol/protocol-under-test.ts'
import type { ReadPlan } from '../protocol/reader-program.ts'

/** Where a world has something to show; everywhere by default. */
export interface WorldScope {
  readonly strategies?: readonly Strategy[]
  readonly granules?: readonly SafetyCell['atomicGranuleBytes'][]
  readonly samplings?: readonly SafetyCell['sampling'][]
  readonly cpus?: readonly SafetyCell['cpu'][]
}

/** Invariant: what a world leaves out of a cell, it says why. */
export interface MatrixWorld {
  readonly name: string
  /** What it is there for, and where it is left out, why. */
  readonly reason: string
  readonly payloadBytes: number
  readonly ownerSteps: readonly OwnerStep[]
  readonly reads: readonly ReadPlan[]
  readonly attemptsMax: number
  /** Slots of a ring; of no matter to protocols without. */
  readonly slotCount?: number
  /** Version of the first payload; the protocol's own by default. */
  readonly firstVersion?: number
  /** How many publications each owner step really is; one by default. */
  readonly publications?: readonly number[]
  /** Publications become visible as a whole. */
  readonly atOnce?: boolean
  /** The owner closes the region in the end. */
  readonly close?: boolean
  /** Schedules after which it counts as too large to explore all; 20,000 by default, 0: never tried. */
  readonly schedulesMax?: number
  /** Schedules sampled of it where it is too large; 2000 by default. */
  readonly samples?: number
  readonly scopes: readonly WorldScope[]
}

/** One strategy of one protocol. */
export interface MatrixSubject {
  readonly protocol: ProtocolName
  readonly strategy: Strategy
  readonly needs: StrategyNeeds
  /** Operations of its longest chain: where it is one, no READ can overtake another. */
  readonly chainLengthMax: number
  /** In the order in which they are explored; a cell's counterexample is that of the first violated. */
  readonly worlds: readonly MatrixWorld[]
  /** Both sides, for one world. */
  underTest(world: MatrixWorld, kernels: MemoryKernels): ProtocolUnderTest
  /** Whether a world is too large in a cell to try all its schedules. */
  tooLarge(world: MatrixWorld, cell: SafetyCell): boolean
}

/** A subject in words: `seqlock fenced`. */
export function subjectName({ protocol, strategy }: MatrixSubject): string {
  return `${protocol} ${strategy}`
}

/** Whether a world has something to show in a cell. */
export function worldApplies(world: MatrixWorld, strategy: Strategy, cell: SafetyCell): boolean {
  return world.scopes.some(
    ({ strategies, granules, samplings, cpus }) =>
      (strategies?.includes(strategy) ?? true) &&
      (granules?.includes(cell.atomicGranuleBytes) ?? true) &&
      (samplings?.includes(cell.sampling) ?? true) &&
      (cpus?.includes(cell.cpu) ?? true),
  )
}
