// Chooses how a region proves its reads consistent. Invariant: no region is published, and none is
// opened, with a strategy that could accept torn bytes on the device at hand.
import { UntornError, argumentRangeError } from '../errors.ts'
import type { ProviderName } from '../fabric/capabilities.ts'
import type { ProtocolName, Strategy } from './contract.ts'
import type { SafetyCell } from './safety-cell.ts'
import {
  type JudgedCapabilities,
  needOf,
  ownerCpuOf,
  safetyOf,
  strategiesOf,
  strategyTableOf,
} from './strategy-table.ts'

/** What the chooser needs to know of a device. */
export interface JudgedDevice {
  readonly name: string
  readonly provider: ProviderName
  readonly capabilities: JudgedCapabilities
}

export interface StrategyVerdict {
  readonly strategy: Strategy
  readonly sound: boolean
  /** One sentence. */
  readonly reason: string
}

export interface StrategyChoice {
  readonly strategy: Strategy
  /** Why this one: one line for the choice, one for each strategy passed over. */
  readonly explain: string
}

const matrixPage = 'docs/safety-matrix.md'

/**
 * Whether `strategy` is sound on memory of these capabilities, and why: what the safety matrix says.
 * @param ownerCpu how the CPU that writes the region orders its stores; weak where that is not known
 */
export function judgeStrategy(
  protocol: ProtocolName,
  strategy: Strategy,
  capabilities: JudgedCapabilities,
  ownerCpu: SafetyCell['cpu'] = 'weak',
): StrategyVerdict {
  const granule = capabilities.atomicGranuleBytes
  const verdict = safetyOf(protocol, strategy, capabilities, ownerCpu)
  if (verdict === 'unsound') {
    const evidence = capabilities.evidence.find((sentence) => sentence.startsWith('granule'))
    const known = evidence ?? `granule ${granule}`
    const reason = `${needOf(protocol, strategy)}; here ${known}; ${matrixPage} has the schedule that breaks it`
    return { strategy, sound: false, reason }
  }
  return { strategy, sound: true, reason: `sound where a READ never tears ${granule} bytes` }
}

/** Strategies of `protocol` sound on `device`, cheapest first. */
export function soundStrategies(
  protocol: ProtocolName,
  device: JudgedDevice,
  payloadBytes: number,
  ownerCpu: SafetyCell['cpu'] = ownerCpuOf(device.provider),
): readonly Strategy[] {
  const order = strategyTableOf(protocol).costOrder(device.provider, payloadBytes)
  return order.filter(
    (strategy) => judgeStrategy(protocol, strategy, device.capabilities, ownerCpu).sound,
  )
}

/**
 * The cheapest strategy of `protocol` that is sound on `device` for a payload of that many bytes, written by this
 * host.
 * @throws UntornError ERR_UNTORN_UNSOUND when none is
 */
export function chooseStrategy(
  protocol: ProtocolName,
  device: JudgedDevice,
  payloadBytes: number,
): StrategyChoice {
  const order = strategyTableOf(protocol).costOrder(device.provider, payloadBytes)
  const ownerCpu = ownerCpuOf(device.provider)
  const verdicts = order.map((strategy) =>
    judgeStrategy(protocol, strategy, device.capabilities, ownerCpu),
  )
  const chosen = verdicts.find((verdict) => verdict.sound)
  if (chosen === undefined) {
    const message = `no strategy of ${protocol} is sound on ${device.name}; see ${matrixPage}`
    throw new UntornError('ERR_UNTORN_UNSOUND', message)
  }
  const lines = verdicts.map((verdict) => {
    if (verdict === chosen) return `${verdict.strategy}: chosen; ${verdict.reason}`
    return verdict.sound
      ? `${verdict.strategy}: sound, but costs more on ${device.provider}`
      : `${verdict.strategy}: unsound; ${verdict.reason}`
  })
  return { strategy: chosen.strategy, explain: lines.join('\n') }
}

/**
 * The strategy asked for, if it is sound on `device`; without one the cheapest that is.
 * @throws UntornError ERR_UNTORN_UNSOUND
 */
export function decideStrategy(
  protocol: ProtocolName,
  asked: Strategy | undefined,
  device: JudgedDevice,
  payloadBytes: number,
): StrategyChoice {
  if (asked === undefined) return chooseStrategy(protocol, device, payloadBytes)
  assertSound(protocol, asked, device, payloadBytes)
  return { strategy: asked, explain: `${asked}: asked for by name, and sound on ${device.name}` }
}

/**
 * Refuses a strategy that could accept torn bytes on `device`.
 * @param ownerCpu how the CPU that writes the region orders its stores; by default that of this host
 * @throws UntornError ERR_UNTORN_UNSOUND with the reason and the sound alternatives
 */
export function assertSound(
  protocol: ProtocolName,
  strategy: Strategy,
  device: JudgedDevice,
  payloadBytes: number,
  ownerCpu: SafetyCell['cpu'] = ownerCpuOf(device.provider),
): void {
  const verdict = judgeStrategy(protocol, strategy, device.capabilities, ownerCpu)
  if (verdict.sound) return
  const others = soundStrategies(protocol, device, payloadBytes, ownerCpu).join(', ') || 'none'
  throw new UntornError(
    'ERR_UNTORN_UNSOUND',
    `strategy "${strategy}" is unsound on ${device.name}: ${verdict.reason}; sound here: ${others}`,
  )
}

/** @throws RangeError ERR_UNTORN_ARGUMENT when `name` is no strategy of `protocol` */
export function assertStrategy(protocol: ProtocolName, name: unknown): asserts name is Strategy {
  const strategies: readonly unknown[] = strategiesOf(protocol)
  if (strategies.includes(name)) return
  throw argumentRangeError(
    `strategy must be one of ${strategies.join(', ')}; got ${JSON.stringify(name)}`,
  )
}
