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
  /**
   * A read on `current()` failed with a transport status: the session decides whether the peer is
   * lost, and names the failure. Where only the queue pair broke, it starts to replace it.
   */
  transportFailed(status: number): UntornError
  /**
   * Null in the normal case. While the queue pair is being replaced: a promise that never rejects
   * and resolves when `current()` is settled again. Asynchronous reads await it before they begin;
   * a synchronous read finds ERR_UNTORN_NOT_CONNECTED in `current()` meanwhile.
   */
  recovery(): Promise<void> | null
  /** The reader was closed. */
  release(): void
}

/** What a host hands to a region that it publishes. */
export interface PublishContext {
  readonly device: Device
  readonly name: string
  /**
   * Takes the region out of the catalogue, tells every peer and waits, bounded, until they have
   * ended their reads. The owner's `close` awaits it after its terminal mark and before the memory
   * is deregistered. Never rejects. Idempotent.
   */
  withdraw(): Promise<void>
  /** The owner is closed, its memory gone: the host forgets it, the name is free. Idempotent. */
  onClosed(): void
}

/** What a host needs of every owner handle; `host.close()` closes those still open. */
export interface OwnerHandle {
  /** Stores the terminal mark, awaits `withdraw`, deregisters, calls `onClosed`. Idempotent. */
  close(): Promise<void>
}

export interface Publication<Owner extends OwnerHandle> {
  readonly entry: CatalogueEntry
  readonly owner: Owner
}

/** A region to be: made by `seqlock({ bytes })`, brought to life by `host.publish(name, spec)`. */
export interface RegionSpec<Owner extends OwnerHandle> {
  readonly protocol: CatalogueEntry['protocol']
  /** Allocates, initialises and describes the region; whatever fails throws, leaving nothing. */
  publish(context: PublishContext): Publication<Owner>
}

/** Makes the typed handle of a catalogue entry; `peer.open` calls the one of this layer. */
export type OpenReader<Reader, Options> = (
  source: BindingSource,
  entry: CatalogueEntry,
  options?: Options,
) => Reader | Promise<Reader>
