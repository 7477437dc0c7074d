// Sampling models: what a remote READ may observe of an owner's stores. These are the presets that
// negative controls name; the seqlock's properties are checked under each of them.
import type { SamplingPreset } from '../../../src/protocols/seqlock/index.ts'

export interface SamplingModel {
  /** Aligned unit, bytes, sampled in one step. */
  readonly granuleBytes: 1 | 8 | 64
  /** `packets`: packets ascend; inside one, granules ascend or descend. */
  readonly sampling: 'ascending' | 'packets' | 'arbitrary'
  /** A READ may be sampled again from any packet on, before it completes. */
  readonly replay: boolean
  /** May an unfenced READ sample before an earlier one of its chain has finished? */
  readonly readAfterRead: 'ordered' | 'unordered'
  /** Order in which the owner's stores become visible between barriers. */
  readonly cpu: 'tso' | 'weak'
}

export const presets: Readonly<Record<SamplingPreset, SamplingModel>> = {
  sharedMemory: {
    granuleBytes: 8,
    sampling: 'arbitrary',
    replay: false,
    readAfterRead: 'ordered',
    cpu: 'tso',
  },
  rxe: {
    granuleBytes: 8,
    sampling: 'packets',
    replay: true,
    readAfterRead: 'ordered',
    cpu: 'tso',
  },
  nicX86: {
    granuleBytes: 64,
    sampling: 'arbitrary',
    replay: true,
    readAfterRead: 'unordered',
    cpu: 'tso',
  },
  minimal: {
    granuleBytes: 8,
    sampling: 'arbitrary',
    replay: true,
    readAfterRead: 'unordered',
    cpu: 'weak',
  },
  bytes: {
    granuleBytes: 1,
    sampling: 'arbitrary',
    replay: true,
    readAfterRead: 'unordered',
    cpu: 'weak',
  },
}

export const presetNames: readonly SamplingPreset[] = [
  'sharedMemory',
  'rxe',
  'nicX86',
  'minimal',
  'bytes',
]

/** Nothing but 64-byte lines is promised: the weakest model under which `lines` is claimed. */
export const wholeLines: SamplingModel = { ...presets.minimal, granuleBytes: 64 }

/** Ascending, once: where some negative controls happen to be right. */
export const ascendingOnce: SamplingModel = {
  ...presets.sharedMemory,
  sampling: 'ascending',
}
