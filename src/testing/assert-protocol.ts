// The assertion over a whole check, for any test runner.
import type { CheckOptions } from './check-options.ts'
import { checkProtocol } from './check-protocol.ts'
import type { Fields } from './layout.ts'
import { ProtocolAssertionError } from './protocol-assertion-error.ts'
import type { ProtocolCheck } from './protocol-check.ts'
import type { Protocol } from './protocol.ts'

/**
 * Checks a protocol and throws unless it is as expected: sound, or violated under exactly the
 * models of `expect`.
 * @throws ProtocolAssertionError (an AssertionError) whose message is the report; else as
 *   `checkProtocol`
 */
export function assertProtocol<const F extends Fields>(
  protocol: Protocol<F>,
  options: CheckOptions = {},
): ProtocolCheck {
  const check = checkProtocol(protocol, options)
  if (check.asExpected) return check
  const { expect = [] } = options
  const claim =
    expect.length === 0
      ? `${check.protocol} is not sound`
      : `${check.protocol} is not violated under exactly ${expect.join(', ')}`
  throw new ProtocolAssertionError(claim, check)
}
