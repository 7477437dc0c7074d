// The assertion that a protocol holds under one sampling model.
import type { SamplingChoice } from '../simulation/sampling-model.ts'
import type { CheckOptions } from './check-options.ts'
import { checkProtocol } from './check-protocol.ts'
import type { Fields } from './layout.ts'
import { modelOption } from './model-option.ts'
import { ProtocolAssertionError } from './protocol-assertion-error.ts'
import type { PresetCheck } from './protocol-check.ts'
import type { Protocol } from './protocol.ts'

/** One model instead of several. */
export interface ExpectSoundOptions extends Omit<CheckOptions, 'presets' | 'models' | 'expect'> {
  /** A preset, or a model of parameters. Default `minimal`. */
  readonly under?: SamplingChoice
}

/**
 * Throws unless the protocol holds under one model. Returns what that rests on: see `complete`.
 * @throws ProtocolAssertionError (an AssertionError) whose message is the report: the protocol is
 *   violated, or nothing could have failed; else as `checkProtocol`
 */
export function expectSound<const F extends Fields>(
  protocol: Protocol<F>,
  options: ExpectSoundOptions = {},
): PresetCheck {
  const { under = 'minimal', ...rest } = options
  const { name, models } = modelOption(under)
  const check = checkProtocol(protocol, { ...rest, ...models })
  const [preset] = Object.values(check.presets)
  if (preset?.verdict === 'holds') return preset
  const how = preset?.verdict === 'violated' ? 'is violated' : 'shows nothing'
  throw new ProtocolAssertionError(`${check.protocol} ${how} under ${name}`, check)
}
