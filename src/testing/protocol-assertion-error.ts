// What the assertions throw. It is Node's AssertionError, because every test runner knows that one and
// prints its message as it is; the check hangs on it for whoever wants more than text.
import { AssertionError } from 'node:assert'
import type { ProtocolCheck } from './protocol-check.ts'

/** A protocol is not as asserted. `code` is ERR_ASSERTION; the message is the check's report. */
export class ProtocolAssertionError extends AssertionError {
  readonly check: ProtocolCheck

  /** @param claim one line: what was asserted, and is not so */
  constructor(claim: string, check: ProtocolCheck) {
    super({ message: `${claim}\n\n${check.report}` })
    this.check = check
  }
}
