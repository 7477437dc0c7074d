// What a session and a protocol's typed handles say to each other. Regions know the fabric and
// the protocols; they do not know how a peer was found.
import type { Device, QueuePair, RegionDescriptor } from '../fabric/contract.ts'
import type { UntornError } from '../errors.ts'

export type Strategy = 'fenced' | 'hash' | 'words' | 'lines'

/** One published region as a host announces it; plain JSON. */
export interface CatalogueEntry {
  readonly name: string
  readonly protocol: 'seqlock'
  readonly strategy: Strategy
  readonly layoutVersion: number
  /** Payload bytes. */
  readonly capacityBytes: number
  /** Incarnation of the region: random, 48 bits, never 0. */
  readonly generation: number
  readonly rights: readonly ('read' | 'write' | 'atomic')[]
  /** Key of the region's hash, hexadecimal, 64 bits, never 0. */
  readonly hashKey: string
  /** Remote key and place. */
  readonly region: RegionDescriptor
}

/** What a reader is bound to; a session rebinds it after a reconnect. */
export interface RemoteBinding {
  readonly device: Device
  readonly queuePair: QueuePair
  readonly entry: CatalogueEntry
  /** Handle of the imported region on `device`. */
  readonly remoteHandle: number
}

/** A session's side of an open region. */
export interface BindingSource {
  /** The present binding, or the typed failure that every read must end with. */
  current(): RemoteBinding | UntornError
  /** A read failed with a transport status: the session decides whether the peer is lost. */
  transportFailed(status: number): UntornError
  /** The reader was closed. */
  release(): void
}
