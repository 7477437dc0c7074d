// The table of sound strategies of versioned slots: what each needs of the memory, what it costs, and
// how to make its two sides. Tests walk it.
import type { LocalMemory, MemoryKernels } from '../local-memory.ts'
import type { StrategyNeeds } from '../seqlock/strategies.ts'
import { createSealer } from '../seqlock/seal.ts'
import {
  SLOTS_LAYOUT_VERSION,
  type SlotsShape,
  slotImageBytes,
  slotsRegionBytes,
} from './layout.ts'
import { SlotsOwner } from './owner.ts'
import { SlotsPlacement } from './placement.ts'
import type { SlotsReaderMachine } from './reader-base.ts'
import { FencedSlotsReader } from './reader-fenced.ts'
import { HashSlotsReader } from './reader-hash.ts'

export type SlotsStrategyName = 'fenced' | 'hash'

/** How to make the two sides of a region, and what a read costs. */
export interface SlotsScheme {
  readonly layoutVersion: number
  /** Round trips of a first read that meets no writer. */
  readonly roundTrips: number
  /** Round trips of a read when nothing was published since the machine's last one. */
  readonly roundTripsUnchanged: number
  /** Operations of the longest chain. */
  readonly chainLengthMax: number
  /** Bytes that a first whole read fetches. */
  remoteBytes(payloadBytes: number): number
  /** Bytes of the region. */
  regionBytes(payloadBytes: number, slotCount: number): number
  /**
   * The owner's side over `memory`; call `format` on it first.
   * @throws RangeError ERR_UNTORN_ARGUMENT, ERR_UNTORN_OUT_OF_BOUNDS
   */
  createOwner(memory: LocalMemory, shape: SlotsShape, kernels: MemoryKernels): SlotsOwner
  /**
   * A reader's side; call `bind` on it first.
   * @throws RangeError ERR_UNTORN_ARGUMENT
   */
  createReader(shape: SlotsShape, kernels: MemoryKernels): SlotsReaderMachine
}

export interface SlotsStrategy extends SlotsScheme {
  readonly name: SlotsStrategyName
  readonly needs: StrategyNeeds
}

export type SlotsPlacementFactory = (
  memory: LocalMemory,
  shape: SlotsShape,
  kernels: MemoryKernels,
) => SlotsPlacement

/** What a scheme is made of. */
export interface SlotsSchemeParts {
  readonly roundTrips: number
  readonly roundTripsUnchanged: number
  readonly chainLengthMax: number
  readonly remoteBytes: (payloadBytes: number) => number
  readonly placement: SlotsPlacementFactory
  readonly reader: (shape: SlotsShape, kernels: MemoryKernels) => SlotsReaderMachine
}

/** Fits a placement and a reader together; negative controls are made by it as well. */
export function slotsScheme(parts: SlotsSchemeParts): SlotsScheme {
  const { placement, reader, ...costs } = parts
  return {
    ...costs,
    layoutVersion: SLOTS_LAYOUT_VERSION,
    regionBytes: slotsRegionBytes,
    createOwner: (memory, shape, kernels) =>
      new SlotsOwner(memory, shape, () => placement(memory, shape, kernels)),
    createReader: reader,
  }
}

/** What `fenced` is made of. */
export const fencedParts: SlotsSchemeParts = {
  roundTrips: 3,
  roundTripsUnchanged: 2,
  chainLengthMax: 3,
  remoteBytes: (payloadBytes) => payloadBytes + 16,
  placement: (memory, shape, kernels) => new SlotsPlacement(memory, shape, kernels, null),
  reader: (shape, kernels) => new FencedSlotsReader(shape, kernels),
}

/** What `hash` is made of. */
export const hashParts: SlotsSchemeParts = {
  roundTrips: 2,
  roundTripsUnchanged: 1,
  chainLengthMax: 2,
  remoteBytes: (payloadBytes) => slotImageBytes(payloadBytes) + 16,
  placement: (memory, shape, kernels) =>
    new SlotsPlacement(memory, shape, kernels, createSealer(shape, kernels)),
  reader: (shape, kernels) => new HashSlotsReader(shape, kernels),
}

/** All strategies by name. */
export const slotsStrategies: Readonly<Record<SlotsStrategyName, SlotsStrategy>> = {
  fenced: {
    name: 'fenced',
    needs: {
      atomicGranuleBytes: 1,
      reason:
        'none: it looks at the index before and after the slot, and the index is encoded so that ' +
        'a mixture of two of its values is no third one',
    },
    ...slotsScheme(fencedParts),
  },
  hash: {
    name: 'hash',
    needs: {
      atomicGranuleBytes: 1,
      reason:
        'none: a keyed 64-bit hash proves the slot, in whatever order it was sampled, and the ' +
        'encoded index proves its age',
    },
    ...slotsScheme(hashParts),
  },
}
