// What a negative control is to the simulator: something to explore under every preset, and the weaker
// claims that do hold.
import type { ControlText } from '../../protocols/seqlock/controls.ts'
import type { ExploreOptions } from '../exploration.ts'
import type { SamplingChoice, SamplingModel, SamplingPreset } from '../sampling-model.ts'
import type { Scenario } from '../scenario.ts'

/** Something weaker than a control's claim, which does hold. */
export interface WeakerClaim {
  readonly claim: string
  scenario(): Scenario
}

export interface ControlCase extends ControlText {
  /** Unique among all controls. */
  readonly name: string
  /** What it is a control of, in words: `seqlock`. */
  readonly subject: string
  /** The control in its small world. */
  scenario(model: SamplingChoice): Scenario & { readonly model: SamplingModel }
  /** The same in a world too large to be explored as a whole. */
  wideScenario(model: SamplingChoice): Scenario
  /** The small world in words. */
  describe(model: SamplingChoice): string
  readonly weaker: readonly WeakerClaim[]
  /**
   * How it is explored under a preset where it is caught, but all schedules before are too many:
   * a fixed order of random ones. Absent, or null: depth first.
   */
  order?(preset: SamplingPreset): ExploreOptions | null
  /** Too rare to be found there at random, and too large to be explored: it is not. */
  tooLarge?(preset: SamplingPreset): boolean
  /** One mixture of bytes, or one story, in very many shows anything there: not measured at random. */
  isRare?(preset: SamplingPreset): boolean
}
