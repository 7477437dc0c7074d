// What a report is made of: one failed run, told by its trace.
import type { SamplingModel } from '../sampling-model.ts'
import type { Violation } from '../scenario.ts'
import type { Trace } from '../trace.ts'

export interface FailedRun {
  readonly scenarioName: string
  readonly violation: Violation
  /** The schedule as text; replaying it gives the same run. */
  readonly tape: string
  readonly model: SamplingModel
  readonly trace: Trace
}
