// The table of sound seqlock strategies: what each needs of the memory, what it costs, and how to
// make its two sides. The chooser reads `needs`; benches and tests walk the table.
import type { LocalMemory, MemoryKernels } from '../local-memory.ts'
import type { ReaderMachine } from '../machine.ts'
import type { LayoutKind, SeqlockShape } from './layout.ts'
import { LINE_BYTES, SEQLOCK_LAYOUT_VERSION, imageBytes, lineCount, regionBytes } from './layout.ts'
import { SeqlockOwner } from './owner.ts'
import type { PlacementFactory } from './placement.ts'
import { LinesPlacement } from './placement-lines.ts'
import { PlainPlacement, SealedPlacement } from './placement-plain.ts'
import { WordsPlacement } from './placement-words.ts'
import { FencedReader } from './reader-fenced.ts'
import { HashReader } from './reader-hash.ts'
import { LinesReader } from './reader-lines.ts'
import { WordsReader } from './reader-words.ts'
import { createSealer } from './seal.ts'

export type SeqlockStrategyName = 'fenced' | 'hash' | 'words' | 'lines'

/** What a strategy needs of the memory to be sound; it needs nothing that is not listed. */
export interface StrategyNeeds {
  /** Least aligned unit, bytes, that a remote READ must sample in one piece. */
  readonly atomicGranuleBytes: 1 | 8 | 64
  /** Why, as the chooser tells it when it refuses the strategy. */
  readonly reason: string
}

/** How to make the two sides of a region, and what a read costs. */
export interface SeqlockScheme {
  readonly layout: LayoutKind
  readonly layoutVersion: number
  /** Round trips of a first read that meets no writer. */
  readonly roundTrips: number
  /** Operations of the longest chain. */
  readonly chainLengthMax: number
  /** Bytes a whole read fetches. */
  remoteBytes(payloadBytes: number): number
  /** Bytes of the region. */
  regionBytes(payloadBytes: number): number
  /**
   * The owner's side over `memory`; call `format` on it first.
   * @throws RangeError ERR_UNTORN_ARGUMENT, ERR_UNTORN_OUT_OF_BOUNDS
   */
  createOwner(memory: LocalMemory, shape: SeqlockShape, kernels: MemoryKernels): SeqlockOwner
  /**
   * A reader's side; call `bind` on it first.
   * @throws RangeError ERR_UNTORN_ARGUMENT
   */
  createReader(shape: SeqlockShape, kernels: MemoryKernels): ReaderMachine
}

export interface SeqlockStrategy extends SeqlockScheme {
  readonly name: SeqlockStrategyName
  readonly needs: StrategyNeeds
}

/** What a scheme is made of. */
export interface SchemeParts {
  readonly layout: LayoutKind
  readonly roundTrips: number
  readonly chainLengthMax: number
  readonly remoteBytes: (payloadBytes: number) => number
  readonly placement: PlacementFactory
  readonly reader: (shape: SeqlockShape, kernels: MemoryKernels) => ReaderMachine
}

/** Fits a placement and a reader together; negative controls are made by it as well. */
export function seqlockScheme(parts: SchemeParts): SeqlockScheme {
  const { layout, roundTrips, chainLengthMax, remoteBytes, placement, reader } = parts
  return {
    layout,
    layoutVersion: SEQLOCK_LAYOUT_VERSION,
    roundTrips,
    chainLengthMax,
    remoteBytes,
    regionBytes: (payloadBytes) => regionBytes(layout, payloadBytes),
    createOwner: (memory, shape, kernels) =>
      new SeqlockOwner(layout, memory, shape, () => placement(memory, shape, kernels)),
    createReader: (shape, kernels) => reader(shape, kernels),
  }
}

/** All strategies by name. */
export const seqlockStrategies: Readonly<Record<SeqlockStrategyName, SeqlockStrategy>> = {
  fenced: {
    name: 'fenced',
    needs: {
      atomicGranuleBytes: 8,
      reason:
        'it compares two samples of the 8-byte version word, which must not be mixtures: a word ' +
        'sampled byte by byte can look like a version that was not there',
    },
    ...seqlockScheme({
      layout: 'plain',
      roundTrips: 3,
      chainLengthMax: 3,
      remoteBytes: (payloadBytes) => payloadBytes + 16,
      placement: (memory, shape) => new PlainPlacement(memory, shape),
      reader: (shape, kernels) => new FencedReader(shape, kernels),
    }),
  },
  hash: {
    name: 'hash',
    needs: {
      atomicGranuleBytes: 1,
      reason: 'none: a keyed 64-bit hash proves the bytes, whatever order they were sampled in',
    },
    ...seqlockScheme({
      layout: 'plain',
      roundTrips: 1,
      chainLengthMax: 1,
      remoteBytes: (payloadBytes) => imageBytes('plain', payloadBytes),
      placement: (memory, shape, kernels) =>
        new SealedPlacement(memory, shape, createSealer(shape, kernels)),
      reader: (shape, kernels) => new HashReader(shape, kernels),
    }),
  },
  words: {
    name: 'words',
    needs: {
      atomicGranuleBytes: 8,
      reason:
        'every 8-byte word proves its own version by a tag beside 4 payload bytes, so tag and ' +
        'bytes must be sampled in one piece',
    },
    ...seqlockScheme({
      layout: 'words',
      roundTrips: 1,
      chainLengthMax: 2,
      remoteBytes: (payloadBytes) => imageBytes('words', payloadBytes),
      placement: (memory, shape) => new WordsPlacement(memory, shape),
      reader: (shape, kernels) => new WordsReader(shape, kernels),
    }),
  },
  lines: {
    name: 'lines',
    needs: {
      atomicGranuleBytes: 64,
      reason:
        'every 64-byte line proves its own version by one tag, so a whole aligned line must be ' +
        'sampled in one piece',
    },
    ...seqlockScheme({
      layout: 'lines',
      roundTrips: 1,
      chainLengthMax: 1,
      remoteBytes: (payloadBytes) => LINE_BYTES * lineCount(payloadBytes),
      placement: (memory, shape) => new LinesPlacement(memory, shape),
      reader: (shape, kernels) => new LinesReader(shape, kernels),
    }),
  },
}
