// One entry of the litmus suite: a program, the outcome that matters, and where it may occur.
import { type SamplingChoice, type SamplingPreset, samplingPresetNames } from '../sampling-model.ts'
import type { OutcomeValues } from './outcome.ts'
import type { LitmusSpec } from './program.ts'

export interface LitmusEntry {
  /** Short and stable: expectations are kept under it. */
  readonly id: string
  /** What the program is about, as a heading. */
  readonly about: string
  readonly spec: Omit<LitmusSpec, 'name'>
  /** The judged outcome: any that has all values of one of these. */
  readonly judged: readonly OutcomeValues[]
  /**
   * Presets under which it can occur; under all others it is forbidden. Exploration has to find it
   * under each of these: a model that is too strong is as wrong as one that is too weak.
   */
  readonly allowed: readonly SamplingPreset[]
  /** Verdicts under models that are no presets. */
  readonly variants?: readonly LitmusVariant[]
  /** Why it is so, where the program does not say it. */
  readonly why?: string
}

export interface LitmusVariant {
  readonly name: string
  readonly model: SamplingChoice
  readonly allowed: boolean
}

export const everywhere: readonly SamplingPreset[] = samplingPresetNames
export const nowhere: readonly SamplingPreset[] = []
/** Where READs pass READs, and WRITEs pass READs. */
export const unordered: readonly SamplingPreset[] = ['nicX86', 'minimal', 'bytes']
/** Where stores of a CPU pass each other. */
export const weakCpu: readonly SamplingPreset[] = ['minimal', 'bytes']
/** Where the NIC's atomics are two steps for all others. */
export const hostAtomics: readonly SamplingPreset[] = ['rxe', 'nicX86', 'minimal', 'bytes']
/** Where less than a cache line is sampled or placed at once, in no promised order. */
export const smallGranules: readonly SamplingPreset[] = ['sharedMemory', 'rxe', 'minimal', 'bytes']
