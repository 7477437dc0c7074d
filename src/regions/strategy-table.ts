// Data behind the chooser: which strategy is sound on what memory, and what it costs where. Soundness
// is computed (safety-matrix.ts, see docs/safety-matrix.md); what a strategy says of its needs only
// explains it. Cost order stands below. The chooser knows no strategy by name.
import type { ProviderName } from '../fabric/capabilities.ts'
import { storeOrderOf } from '../fabric/store-order.ts'
import { seqlockStrategies } from '../protocols/seqlock/index.ts'
import type { Strategy } from './contract.ts'
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

/** What the matrix says of a strategy in a cell; a cell it does not know is unsound. */
export function verdictIn(strategy: Strategy, cell: SafetyCell): SafetyVerdict {
  const row = safetyMatrix[strategy][rowKey(cell)]
  return (typeof row === 'string' ? row : row?.[columnOf(cell)]) ?? 'unsound'
}

/**
 * What the matrix says of a strategy on memory of these guarantees.
 * @param ownerCpu how the CPU that writes the region orders its stores
 */
export function safetyOf(
  strategy: Strategy,
  capabilities: JudgedCapabilities,
  ownerCpu: SafetyCell['cpu'],
): SafetyVerdict {
  return verdictIn(strategy, cellOf(capabilities, ownerCpu))
}

/**
 * How the CPU of an owner on this host orders its stores. A simulated CPU may be weaker than the one
 * that simulates it.
 */
export function ownerCpuOf(provider: ProviderName): SafetyCell['cpu'] {
  return provider === 'simulation' ? 'weak' : storeOrderOf(process.arch)
}

/** What `strategy` needs, and why. */
export function needOf(strategy: Strategy): string {
  const { atomicGranuleBytes, reason } = seqlockStrategies[strategy].needs
  return `it needs READs that never tear ${atomicGranuleBytes} aligned bytes, because ${reason}`
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
 * Strategies from cheapest to dearest. On shared memory a READ has no round trip, so what counts
 * is what the reader does with the bytes: nothing, split them, hash them. Over a network one round
 * trip wins, and `fenced` needs three. `lines` is last everywhere, so that it is taken by name
 * only: no device promises its 64-byte granule, it is merely known of some drivers.
 */
export function costOrder(provider: ProviderName, payloadBytes: number): readonly Strategy[] {
  if (provider !== 'verbs') return ['fenced', 'words', 'hash', 'lines']
  return payloadBytes <= WORDS_PAYLOAD_BYTES_MAX
    ? ['words', 'hash', 'fenced', 'lines']
    : ['hash', 'words', 'fenced', 'lines']
}
