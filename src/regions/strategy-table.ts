// Data behind the chooser: which strategy is sound on what memory, and what it costs where. Written
// by hand: soundness is each strategy's own statement of its needs, cost order stands below. The
// chooser knows no strategy by name, so a computed table can take this one's place.
import type { Capabilities, ProviderName } from '../fabric/capabilities.ts'
import { seqlockStrategies } from '../protocols/seqlock/index.ts'
import type { Strategy } from './contract.ts'

/** Guarantees the table looks at. */
export type JudgedCapabilities = Pick<Capabilities, 'atomicGranuleBytes' | 'evidence'>

/** Whether no interleaving makes `strategy` accept torn bytes on memory of these guarantees. */
export function isSound(strategy: Strategy, capabilities: JudgedCapabilities): boolean {
  return capabilities.atomicGranuleBytes >= seqlockStrategies[strategy].needs.atomicGranuleBytes
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
