// The assertion that a wrong protocol is caught: a test of the test.
import type { CheckOptions } from './check-options.ts'
import { checkProtocol } from './check-protocol.ts'
import type { ExpectSoundOptions } from './expect-sound.ts'
import type { Fields } from './layout.ts'
import { modelOption } from './model-option.ts'
import { ProtocolAssertionError } from './protocol-assertion-error.ts'
import type { ProtocolCounterexample } from './protocol-check.ts'
import type { Protocol } from './protocol.ts'

export interface ExpectViolatedOptions extends ExpectSoundOptions {
  /**
   * What must be violated: `torn`, `mislabelled`, `stale`, `backwards`, `closed`, `stuck`, `broken`.
   * Any by default.
   */
  readonly kind?: string
}

/**
 * Throws unless the protocol is violated under one model. Returns the counterexample.
 * @throws ProtocolAssertionError (an AssertionError) whose message is the report: the protocol
 *   holds, or fails in another way; else as `checkProtocol`
 */
export function expectViolated<const F extends Fields>(
  protocol: Protocol<F>,
  options: ExpectViolatedOptions = {},
): ProtocolCounterexample {
  const { under = 'minimal', kind, ...rest } = options
  const { name, models } = modelOption(under)
  const settings: CheckOptions = { ...rest, ...models, expect: [name] }
  const check = checkProtocol(protocol, settings)
  const counterexample = check.presets[name]?.counterexample
  if (counterexample === undefined) {
    throw new ProtocolAssertionError(`${check.protocol} is not violated under ${name}`, check)
  }
  const found = counterexample.violation.kind
  if (kind === undefined || kind === found) return counterexample
  throw new ProtocolAssertionError(
    `${check.protocol} is ${found} under ${name}, not ${kind}`,
    check,
  )
}
