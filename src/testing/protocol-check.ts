// What a check says: a verdict for each sampling model, with what it rests on, and counterexamples.
import type { ExplorationVerdict } from '../simulation/exploration.ts'
import type { Coverage, Violation } from '../simulation/scenario.ts'
import type { Trace } from '../simulation/trace.ts'

/** A schedule under which the protocol fails. */
export interface ProtocolCounterexample {
  /** Name of the sampling model, and of the world. */
  readonly preset: string
  readonly world: string
  readonly violation: Violation
  /** The schedule as text: give it as the option `replay`. */
  readonly tape: string
  /** No single change tried makes the schedule smaller. */
  readonly shrunk: boolean
  /** What happened, step by step, and the sentence that names the step that tore. */
  readonly report: string
  readonly trace: Trace
  /** The same as a picture: an SVG document. */
  readonly svg: () => string
}

export interface WorldCheck {
  readonly name: string
  readonly verdict: ExplorationVerdict
  /** Every schedule of this world was explored. */
  readonly complete: boolean
  readonly schedules: number
  readonly coverage: Readonly<Coverage>
}

export interface PresetCheck {
  /**
   * `violated`: see the counterexample. `holds`: no schedule that was run fails. `unknown`: none
   * fails, but none could have.
   */
  readonly verdict: ExplorationVerdict
  /** Every world that was to be explored exhaustively was explored completely. */
  readonly complete: boolean
  readonly schedules: number
  /** Worlds up to the first violation. */
  readonly worlds: readonly WorldCheck[]
  readonly counterexample?: ProtocolCounterexample
}

export interface ProtocolCheck {
  readonly protocol: string
  readonly seed: number
  /** By name of preset or of the option `models`. */
  readonly presets: Readonly<Record<string, PresetCheck>>
  /** It holds under `minimal`, and under every other model checked but `bytes`. */
  readonly sound: boolean
  /**
   * Violated under exactly the models of the option `expect`. Where that names none: as `sound`, or
   * where `minimal` was not checked: holds under every model checked.
   */
  readonly asExpected: boolean
  /** Of the strongest model that is violated against expectation; else of the strongest violated. */
  readonly counterexample?: ProtocolCounterexample
  /** All of this as text for people, with the counterexample's report. */
  readonly report: string
}
