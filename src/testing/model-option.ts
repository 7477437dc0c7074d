// `under`: one model, by a preset's name or by parameters, as options of a check.
import type { SamplingChoice } from '../simulation/sampling-model.ts'
import type { CheckOptions } from './check-options.ts'

export function modelOption(under: SamplingChoice): {
  readonly name: string
  readonly models: Pick<CheckOptions, 'presets' | 'models'>
} {
  if (typeof under === 'string') return { name: under, models: { presets: [under] } }
  const name = 'the given model'
  return { name, models: { presets: [], models: { [name]: under } } }
}
