// The table of a locked region's strategies: how its readers prove what they read, and how to make its
// parties. The two strategies that want tags beside every word or line are left out: holders would
// have to WRITE twice the payload, and the lock is a word of its own in any case.
import type { LocalMemory, MemoryKernels } from '../local-memory.ts'
import type { ReaderMachine } from '../machine.ts'
import { type StrategyNeeds, seqlockStrategies } from '../seqlock/strategies.ts'
import { LockAcquire } from './acquire.ts'
import { LockClose } from './close.ts'
import { LOCK_LAYOUT_VERSION, type LockShape, lockRegionBytes } from './layout.ts'
import { LockedFencedReader, LockedHashReader } from './readers.ts'
import { LockRelease } from './release.ts'
import { LockRepair } from './repair.ts'

export type LockStrategyName = 'fenced' | 'hash'

/** How to make the parties of a locked region, and what a read costs. */
export interface LockScheme {
  readonly layoutVersion: number
  /** Round trips of a first read that meets no holder. */
  readonly roundTrips: number
  /** Operations of the longest chain of any party. */
  readonly chainLengthMax: number
  /** Bytes a whole read fetches. */
  remoteBytes(payloadBytes: number): number
  /** Bytes of the region. */
  regionBytes(payloadBytes: number): number
  /**
   * Publishes the first payload, `initial` or zeros, as version 2: once, by the owner's CPU, before any
   * peer knows the region; never used before, so that it is all zeros.
   * @throws RangeError ERR_UNTORN_ARGUMENT, ERR_UNTORN_OUT_OF_BOUNDS
   */
  format(memory: LocalMemory, shape: LockShape, kernels: MemoryKernels, initial?: Uint8Array): void
  createReader(shape: LockShape, kernels: MemoryKernels): ReaderMachine
  createAcquire(shape: LockShape, kernels: MemoryKernels, holder: number): LockAcquire
  createRelease(shape: LockShape, kernels: MemoryKernels): LockRelease
  createRepair(shape: LockShape, kernels: MemoryKernels): LockRepair
  createClose(shape: LockShape, kernels: MemoryKernels): LockClose
}

export interface LockStrategy extends LockScheme {
  readonly name: LockStrategyName
  readonly needs: StrategyNeeds
}

/** The parties of a strategy, as they ship; negative controls replace one. */
export function lockScheme(name: LockStrategyName): LockScheme {
  const sealing = { sealed: name === 'hash' }
  const seqlock = seqlockStrategies[name]
  return {
    layoutVersion: LOCK_LAYOUT_VERSION,
    roundTrips: seqlock.roundTrips,
    chainLengthMax: 4,
    remoteBytes: (payloadBytes) => seqlock.remoteBytes(payloadBytes),
    regionBytes: lockRegionBytes,
    format: (memory, shape, kernels, initial) => {
      seqlock.createOwner(memory, shape, kernels).format(initial)
    },
    createReader: (shape, kernels) =>
      sealing.sealed
        ? new LockedHashReader(shape, kernels)
        : new LockedFencedReader(shape, kernels),
    createAcquire: (shape, kernels, holder) => new LockAcquire(shape, kernels, holder),
    createRelease: (shape, kernels) => new LockRelease(shape, kernels, sealing),
    createRepair: (shape, kernels) => new LockRepair(shape, kernels, sealing),
    createClose: (shape, kernels) => new LockClose(shape, kernels, sealing),
  }
}

/** Both strategies by name. */
export const lockStrategies: Readonly<Record<LockStrategyName, LockStrategy>> = {
  fenced: { name: 'fenced', needs: seqlockStrategies.fenced.needs, ...lockScheme('fenced') },
  hash: { name: 'hash', needs: seqlockStrategies.hash.needs, ...lockScheme('hash') },
}
