// Data behind the chooser: which strategy of which protocol is sound on what memory, and what it costs
// where. Soundness is computed (safety-matrix.ts, see docs/safety-matrix.md); what a strategy says of
// its needs only explains it. A protocol whose strategies are to be chosen needs an entry in
// `strategyTables` and rows in the matrix. The chooser knows neither by name.
import type { ProviderName } from '../fabric/capabilities.ts'
import { storeOrderOf } from '../fabric/store-order.ts'
import { cellStrategies } from '../protocols/cell/index.ts'
import { lockStrategies } from '../protocols/lock/index.ts'
import { seqlockStrategies } from '../protocols/seqlock/index.ts'
import type { StrategyNeeds } from '../protocols/seqlock/index.ts'
import { slotsStrategies } from '../protocols/slots/index.ts'
import type { ProtocolName, Strategy } from './contract.ts'
import {
  type JudgedCapabilities,
  type SafetyCell,
  type SafetyVerdict,
  cellOf,
  columnOf,
  rowKey,
} from './safety-cell.ts'
import { safetyMatrix } from './safety-matrix.ts'

export type { JudgedCapabilities } from './safety-cell.ts'

/** What the chooser knows of a protocol. */
export interface StrategyTable {
  /** What its strategies say they need, by name. */
  readonly needs: Readonly<Partial<Record<Strategy, StrategyNeeds>>>
  /** All of them, from cheapest to dearest. */
  costOrder(provider: ProviderName, payloadBytes: number): readonly Strategy[]
}

/**
 * Payload from which `words` costs more than `hash` over verbs, bytes. Both take one round trip;
 * `words` moves twice the payload and splits it, `hash` moves it once and hashes it. On the wire a
 * payload byte costs 0.04–0.1 ns (100–200 Gbit/s), hashing one 0.1 ns after some 0.2 µs that do
 * not depend on length, and below a few hundred bytes a READ's time hardly depends on length at
 * all. 256 is an estimate that errs towards `hash`, which moves fewer bytes.
 */
export const WORDS_PAYLOAD_BYTES_MAX = 256

/**
 * On shared memory a READ has no round trip, so what counts is what the reader does with the bytes:
 * nothing, split them, hash them. Over a network one round trip wins, and `fenced` needs three.
 * `lines` is last everywhere, so that it is taken by name only: no device promises its 64-byte
 * granule, it is merely known of some drivers.
 */
const seqlockTable: StrategyTable = {
  needs: needsOf(seqlockStrategies),
  costOrder(provider, payloadBytes) {
    if (provider !== 'verbs') return ['fenced', 'words', 'hash', 'lines']
    return payloadBytes <= WORDS_PAYLOAD_BYTES_MAX
      ? ['words', 'hash', 'fenced', 'lines']
      : ['hash', 'words', 'fenced', 'lines']
  },
}

/** Over a network a round trip fewer is worth a hash; without one it is not. */
const slotsTable: StrategyTable = {
  needs: needsOf(slotsStrategies),
  costOrder: (provider) => (provider === 'verbs' ? ['hash', 'fenced'] : ['fenced', 'hash']),
}

/** As of a seqlock, less what holders would have to WRITE twice as many bytes for. */
const lockedTable: StrategyTable = {
  needs: needsOf(lockStrategies),
  costOrder: (provider) => (provider === 'verbs' ? ['hash', 'fenced'] : ['fenced', 'hash']),
}

/** One way to read without a pin; readers with one are not in the matrix. */
const cellTable: StrategyTable = {
  needs: needsOf(cellStrategies),
  costOrder: () => ['fenced'],
}

/** Protocols whose strategies are chosen by what is sound. */
export const strategyTables: Readonly<Partial<Record<ProtocolName, StrategyTable>>> = {
  seqlock: seqlockTable,
  'versioned-slots': slotsTable,
  'rcu-cell': cellTable,
  locked: lockedTable,
}

/** In the order in which people are told of them. */
export const chosenProtocols: readonly ProtocolName[] = Object.keys(
  strategyTables,
) as ProtocolName[]

/**
 * Protocols without rows of their own in the matrix. The readers of a locked region are a seqlock's; its
 * writers are queue pairs, which keep more order than the weakest CPU: test/property/lock-*.
 */
const rowsOf: Readonly<Partial<Record<ProtocolName, ProtocolName>>> = { locked: 'seqlock' }

/** @throws Error when the strategies of `protocol` are not for the chooser */
export function strategyTableOf(protocol: ProtocolName): StrategyTable {
  const table = strategyTables[protocol]
  if (table === undefined) throw new Error(`${protocol} has no strategies to choose from`)
  return table
}

/** The strategies of a protocol, in the order in which people are told of them. */
export function strategiesOf(protocol: ProtocolName): readonly Strategy[] {
  return Object.keys(strategyTableOf(protocol).needs) as Strategy[]
}

/** What the matrix says of a strategy in a cell; one it does not know is unsound. */
export function verdictIn(
  protocol: ProtocolName,
  strategy: Strategy,
  cell: SafetyCell,
): SafetyVerdict {
  const row = safetyMatrix[rowsOf[protocol] ?? protocol]?.[strategy]?.[rowKey(cell)]
  return (typeof row === 'string' ? row : row?.[columnOf(cell)]) ?? 'unsound'
}

/**
 * What the matrix says of a strategy on memory of these guarantees.
 * @param ownerCpu how the CPU that writes the region orders its stores
 */
export function safetyOf(
  protocol: ProtocolName,
  strategy: Strategy,
  capabilities: JudgedCapabilities,
  ownerCpu: SafetyCell['cpu'],
): SafetyVerdict {
  return verdictIn(protocol, strategy, cellOf(capabilities, ownerCpu))
}

/**
 * How the CPU of an owner on this host orders its stores. A simulated CPU may be weaker than the one
 * that simulates it.
 */
export function ownerCpuOf(provider: ProviderName): SafetyCell['cpu'] {
  return provider === 'simulation' ? 'weak' : storeOrderOf(process.arch)
}

/** What `strategy` needs, and why. */
export function needOf(protocol: ProtocolName, strategy: Strategy): string {
  const needs = strategyTableOf(protocol).needs[strategy]
  if (needs === undefined) return `${protocol} has no strategy "${strategy}"`
  const { atomicGranuleBytes, reason } = needs
  return `it needs READs that never tear ${atomicGranuleBytes} aligned bytes, because ${reason}`
}

function needsOf(
  strategies: Readonly<Partial<Record<Strategy, { readonly needs: StrategyNeeds }>>>,
): Readonly<Partial<Record<Strategy, StrategyNeeds>>> {
  return Object.fromEntries(
    Object.entries(strategies).map(([name, { needs }]) => [name, needs] as const),
  )
}
