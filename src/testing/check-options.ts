// Options of a check, with their defaults.
import { argumentRangeError, argumentTypeError } from '../errors.ts'
import {
  type SamplingChoice,
  type SamplingModel,
  type SamplingPreset,
  samplingModel,
  samplingPresetNames,
} from '../simulation/sampling-model.ts'
import { type CheckWorld, defaultWorlds, requireWorld } from './check-world.ts'

export interface CheckOptions {
  /** Default: all of them. A protocol is called sound when it is sound under `minimal`. */
  readonly presets?: readonly SamplingPreset[]
  /** Further models by name, for example what a device is known to guarantee. */
  readonly models?: Readonly<Record<string, SamplingChoice>>
  /** Names of presets and models under which a violation is expected (negative controls). */
  readonly expect?: readonly string[]
  /** Default `defaultWorlds`. */
  readonly worlds?: readonly CheckWorld[]
  /** Of sampled worlds. Default: UNTORN_SEED, or 0. */
  readonly seed?: number
  /**
   * Time for the whole check, milliseconds; no limit by default. With one, how much is explored
   * depends on the machine.
   */
  readonly timeMs?: number
  /** Runs the schedule of this tape, of the same protocol and options, and no other. */
  readonly replay?: string
}

export interface NamedModel {
  readonly name: string
  readonly model: SamplingModel
}

export interface CheckSettings {
  readonly models: readonly NamedModel[]
  readonly worlds: readonly CheckWorld[]
  readonly expect: readonly string[]
  readonly seed: number
  readonly timeMs: number
  readonly replay: string | undefined
}

const optionNames: readonly string[] = [
  'presets',
  'models',
  'expect',
  'worlds',
  'seed',
  'timeMs',
  'replay',
]

/** @throws TypeError, RangeError ERR_UNTORN_ARGUMENT naming the option */
export function checkSettings(options: CheckOptions): CheckSettings {
  if (typeof options !== 'object' || options === null) {
    throw argumentTypeError('options of a check are an object')
  }
  for (const name of Object.keys(options)) {
    if (optionNames.includes(name)) continue
    throw argumentRangeError(`no option ${JSON.stringify(name)}: ${optionNames.join(', ')}`)
  }
  const { worlds = defaultWorlds, expect = [], timeMs = Infinity, replay } = options
  requireArray('worlds', worlds)
  requireArray('expect', expect)
  worlds.forEach(requireWorld)
  if (worlds.length === 0) throw argumentRangeError('worlds needs at least one world')
  if (!(timeMs > 0)) throw argumentRangeError(`timeMs must be positive, not ${String(timeMs)}`)
  const models = namedModels(options)
  for (const name of expect) {
    if (models.some((model) => model.name === name)) continue
    throw argumentRangeError(`expect names ${JSON.stringify(name)}, which is not checked`)
  }
  const seed = options.seed ?? seedOfEnvironment()
  if (!Number.isSafeInteger(seed)) {
    throw argumentRangeError(`seed must be an integer, not ${String(seed)}`)
  }
  return { models, worlds, expect, seed, timeMs, replay }
}

function namedModels(options: CheckOptions): NamedModel[] {
  const { models = {}, presets = samplingPresetNames } = options
  requireArray('presets', presets)
  if (typeof models !== 'object' || models === null || Array.isArray(models)) {
    throw argumentTypeError('models is an object of sampling models by name')
  }
  const named: NamedModel[] = presets.map((name) => ({ name, model: samplingModel(name) }))
  for (const [name, choice] of Object.entries(models)) {
    if (named.some((model) => model.name === name)) {
      throw argumentRangeError(`models must not give ${JSON.stringify(name)} another meaning`)
    }
    named.push({ name, model: samplingModel(choice) })
  }
  if (named.length === 0) throw argumentRangeError('presets and models name nothing to check')
  return named
}

function requireArray(name: string, value: unknown): void {
  if (!Array.isArray(value)) throw argumentTypeError(`${name} is an array, not ${String(value)}`)
}

function seedOfEnvironment(): number {
  const seed = Number(process.env['UNTORN_SEED'] ?? 0)
  if (Number.isSafeInteger(seed)) return seed
  throw argumentRangeError(`UNTORN_SEED must be an integer, not ${process.env['UNTORN_SEED']}`)
}
