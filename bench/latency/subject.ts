// What the latency bench measures: calls of a region's public handles, in groups that are held against
// the same baseline. Each protocol has a file beside this one that makes its groups.
import type { Device } from '../../src/fabric/contract.ts'
import type { ProtocolName } from '../../src/regions/contract.ts'
import type { Peer } from '../../src/session/index.ts'
import type { RegionOrder } from '../protocols/bench-protocol.ts'

/** One call whose time is taken. */
export interface Subject {
  readonly strategy: string
  /** The method that is called, and where two belong together both of them. */
  readonly operation: string
  readonly payloadBytes: number
  /** By all READs of one call together, in the steady state of an idle owner; 0 for none. */
  readonly fetchedBytes: number
  /** A promise is awaited, and its time counts. */
  readonly call: () => unknown
}

/** Calls that are held against one READ of the same size. */
export interface SubjectGroup {
  readonly protocol: ProtocolName
  readonly baselineBytes: number
  readonly subjects: readonly Subject[]
}

export interface SubjectContext {
  readonly device: Device
  readonly peer: Peer
  /** Has the owner process publish a region; false when the device refuses it. */
  readonly publish: (order: RegionOrder) => Promise<boolean>
  /** Calls `end` after the last measurement. */
  readonly onEnd: (end: () => Promise<void>) => void
}

/** Groups of one protocol for a payload of that size; `smallest` says that it is the first. */
export type MakeSubjects = (
  context: SubjectContext,
  payloadBytes: number,
  smallest: boolean,
) => Promise<readonly SubjectGroup[]>

/** Far beyond any read of an idle owner: an operation that takes as long will never end. */
export const READ_TIMEOUT_MS = 2_000

/** Bytes of a version word, an index, a pointer. */
export const WORD_BYTES = 8

/** The region that a latency row reads. */
export function latencyOrder(
  protocol: ProtocolName,
  scheme: string,
  payloadBytes: number,
): RegionOrder {
  const name = `${protocol}-${scheme}-${payloadBytes}`
  return { name, protocol, scheme, control: false, payloadBytes, prepared: false }
}

/** For reads of a region that nobody writes to. */
export function expectUnchanged(snapshot: unknown): void {
  if (snapshot !== undefined) throw new Error('the owner is not idle')
}
