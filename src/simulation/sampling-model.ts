// Sampling models: what one-sided operations may observe and do, as data. A model says nothing of
// protocols; a protocol is sound under a model when no schedule of the model makes it accept bytes
// that were never one version. Invariant: a model is complete, every parameter has a value.
//
// What every model has in common, because reliable connections promise it: a WRITE is placed before
// anything later on its queue pair touches the remote memory; a fence makes an operation wait for
// all earlier READs and atomics of its queue pair, and for no WRITE; completions come in order; a
// local buffer may be read, and a landing buffer written, at any time between post and completion.
import { argumentRangeError, argumentTypeError } from '../errors.ts'
import type { AtomicGranuleBytes } from '../fabric/capabilities.ts'
import type { SamplingPreset } from '../protocols/seqlock/control.ts'

export interface SamplingModel {
  /** Aligned unit, bytes, that a READ samples in one step. */
  readonly atomicGranuleBytes: AtomicGranuleBytes
  /**
   * Order of the granules of one READ. `descendingInPacket` and `eitherInPacket`: packets ascend;
   * inside one, granules descend, or ascend or descend as the schedule says.
   */
  readonly sampling: 'ascending' | 'descendingInPacket' | 'eitherInPacket' | 'arbitrary'
  /** A READ may be executed again from any packet on, before it completes (lost response). */
  readonly replay: 'off' | 'suffix'
  /** May a READ sample before an earlier READ or atomic of its queue pair has finished? */
  readonly readAfterRead: 'ordered' | 'unordered'
  /**
   * May a WRITE or atomic overtake an earlier READ, and a WRITE an earlier atomic? `ordered`: not
   * before the READ was sampled; a replay of the READ comes later all the same.
   */
  readonly readThenWrite: 'ordered' | 'unordered'
  /** Order in which the granules of one WRITE land. */
  readonly writePlacement: 'ascending' | 'arbitraryInPacket' | 'arbitrary'
  /** Does a WRITE's completion say that it is in memory? `accepted`: only that it will be. */
  readonly writeCompletion: 'visible' | 'accepted'
  /** `hca`: an atomic's load and store are two steps, atomic only against this NIC's atomics. */
  readonly nicAtomics: 'hca' | 'global'
  /** Stores of a CPU become visible in order (`tso`), or in any order between barriers. */
  readonly cpu: 'tso' | 'weak'
  /** Path MTU, bytes. Small, so that small payloads span several packets. */
  readonly packetBytes: number
  /** How often one READ is replayed, at most. */
  readonly replaysMax: number
}

/** Protocols name presets in what they say of their negative controls; here is what they mean. */
export type { SamplingPreset } from '../protocols/seqlock/control.ts'

const sizes = { packetBytes: 64, replaysMax: 1 } as const

export const samplingPresets: Readonly<Record<SamplingPreset, SamplingModel>> = {
  sharedMemory: {
    atomicGranuleBytes: 8,
    sampling: 'arbitrary',
    replay: 'off',
    readAfterRead: 'ordered',
    readThenWrite: 'ordered',
    writePlacement: 'arbitrary',
    writeCompletion: 'visible',
    nicAtomics: 'global',
    cpu: 'tso',
    ...sizes,
  },
  rxe: {
    atomicGranuleBytes: 8,
    sampling: 'eitherInPacket',
    replay: 'suffix',
    readAfterRead: 'ordered',
    readThenWrite: 'ordered',
    writePlacement: 'arbitraryInPacket',
    writeCompletion: 'visible',
    nicAtomics: 'hca',
    cpu: 'tso',
    ...sizes,
  },
  nicX86: {
    atomicGranuleBytes: 64,
    sampling: 'arbitrary',
    replay: 'suffix',
    readAfterRead: 'unordered',
    readThenWrite: 'unordered',
    writePlacement: 'ascending',
    writeCompletion: 'accepted',
    nicAtomics: 'hca',
    cpu: 'tso',
    ...sizes,
  },
  minimal: {
    atomicGranuleBytes: 8,
    sampling: 'arbitrary',
    replay: 'suffix',
    readAfterRead: 'unordered',
    readThenWrite: 'unordered',
    writePlacement: 'arbitrary',
    writeCompletion: 'accepted',
    nicAtomics: 'hca',
    cpu: 'weak',
    ...sizes,
  },
  bytes: {
    atomicGranuleBytes: 1,
    sampling: 'arbitrary',
    replay: 'suffix',
    readAfterRead: 'unordered',
    readThenWrite: 'unordered',
    writePlacement: 'arbitrary',
    writeCompletion: 'accepted',
    nicAtomics: 'hca',
    cpu: 'weak',
    ...sizes,
  },
}

/** From the strongest guarantees to the weakest. */
export const samplingPresetNames: readonly SamplingPreset[] = [
  'sharedMemory',
  'rxe',
  'nicX86',
  'minimal',
  'bytes',
]

/** A preset's name, or any combination of parameters; what is missing comes from `minimal`. */
export type SamplingChoice = SamplingPreset | Partial<SamplingModel>

const domains: Readonly<Record<string, readonly (string | number)[]>> = {
  atomicGranuleBytes: [1, 8, 64],
  sampling: ['ascending', 'descendingInPacket', 'eitherInPacket', 'arbitrary'],
  replay: ['off', 'suffix'],
  readAfterRead: ['ordered', 'unordered'],
  readThenWrite: ['ordered', 'unordered'],
  writePlacement: ['ascending', 'arbitraryInPacket', 'arbitrary'],
  writeCompletion: ['visible', 'accepted'],
  nicAtomics: ['hca', 'global'],
  cpu: ['tso', 'weak'],
}

/**
 * The model that a choice names.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT naming the parameter and its values
 */
export function samplingModel(choice: SamplingChoice): SamplingModel {
  if (typeof choice === 'string') {
    if (Object.hasOwn(samplingPresets, choice)) return samplingPresets[choice]
    throw argumentRangeError(
      `a sampling preset is one of ${samplingPresetNames.join(', ')}; got ${JSON.stringify(choice)}`,
    )
  }
  if (typeof choice !== 'object' || choice === null) {
    throw argumentTypeError('a sampling model is a preset’s name or an object of parameters')
  }
  for (const [name, value] of Object.entries(choice)) {
    const domain = domains[name]
    if (domain === undefined) {
      if (name === 'packetBytes' || name === 'replaysMax') continue
      throw argumentRangeError(`a sampling model has no parameter ${JSON.stringify(name)}`)
    }
    if (!domain.includes(value)) {
      throw argumentRangeError(`${name} is one of ${domain.join(', ')}; got ${String(value)}`)
    }
  }
  const model = { ...samplingPresets.minimal, ...choice }
  const { packetBytes, replaysMax } = model
  if (!Number.isInteger(packetBytes) || packetBytes < 64 || packetBytes % 64 !== 0) {
    throw argumentRangeError(`packetBytes must be a multiple of 64, not ${packetBytes}`)
  }
  if (!Number.isInteger(replaysMax) || replaysMax < 0 || replaysMax > 8) {
    throw argumentRangeError(`replaysMax must be an integer from 0 to 8, not ${replaysMax}`)
  }
  return model
}

/**
 * Whether replays can show anything that schedules without them cannot. A READ sampled in any
 * order samples each granule at any time before it completes; its replay is a later such time. So
 * where sampling is arbitrary, replays are left out of the exploration, unless a WRITE waits for
 * the READ to have been sampled once: only a replay lets it sample after that WRITE.
 */
export function replaysMatter(model: SamplingModel): boolean {
  if (model.replay === 'off' || model.replaysMax === 0) return false
  return model.sampling !== 'arbitrary' || model.readThenWrite === 'ordered'
}
