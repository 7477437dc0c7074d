// One schedule again, with everything that happens recorded.
import { fingerprintOf, parseTape, requireFingerprint } from './choice-tape.ts'
import type { RunEnd, Scenario } from './scenario.ts'
import { TapeOracle } from './tape-oracle.ts'
import type { Trace } from './trace.ts'

/**
 * Runs the schedule of `tape`, as reported or written by hand, and tells its story. `fingerprint`
 * must be the one given to the exploration; by default the scenario's own.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT: not a tape, or one of another scenario
 */
export function replay(
  scenario: Scenario,
  tape: string,
  fingerprint: string = scenario.fingerprint ?? fingerprintOf(scenario.name),
): { readonly end: RunEnd; readonly trace: Trace } {
  const parsed = parseTape(tape)
  requireFingerprint(parsed, fingerprint)
  return scenario.trace(new TapeOracle(parsed.choices))
}
