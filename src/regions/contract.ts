// What a session and a protocol's typed handles say to each other. Regions know the fabric and
// the protocols; they do not know how a peer was found.
import type { Device, QueuePair, RegionDescriptor } from '../fabric/contract.ts'
import type { Loopback } from '../fabric/loopback.ts'
import type { UntornError } from '../errors.ts'

export type Strategy = 'fenced' | 'hash' | 'words' | 'lines'

export type ProtocolName = 'seqlock' | 'versioned-slots' | 'rcu-cell' | 'locked'

/** One published region as a host announces it; plain JSON. */
export interface CatalogueEntry {
  readonly name: string
  readonly protocol: ProtocolName
  /** How readers prove what they read; a protocol that knows one way only says `fenced`. */
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
  /** Numbers that the protocol's layout has beyond the capacity: safe integers from 0 up. */
  readonly parameters: Readonly<Record<string, number>>
  /** Fingerprint of the codec of its values; empty for raw bytes. */
  readonly schema: string
}

/**
 * What a peer may ask of a region beyond reading it: a row to pin objects by, room to write objects
 * into, the right to take the lock, to be told of publications.
 */
export type ClaimKind = 'pin' | 'write' | 'lock' | 'watch'

/** A part of the region that a claim opens to its peer. Offsets in bytes from the region's start. */
export interface GrantedWindow {
  readonly offset: number
  readonly region: RegionDescriptor
}

/** What an owner grants; plain JSON. */
export interface Grant {
  readonly windows: readonly GrantedWindow[]
  /** As in a catalogue entry: a row, an identity, a lease … */
  readonly parameters: Readonly<Record<string, number>>
}

/**
 * A claim as its owner sees it. It belongs to one queue pair of one peer and ends with it, however
 * that comes about: only then is it certain that nothing of it still lands.
 */
export interface ClaimHolder {
  /** Unique in the host for ever. */
  readonly id: number
  readonly kind: ClaimKind
  /** For statistics and messages. */
  readonly peer: string
  /**
   * Destroys the queue pair that the claim came by; the claim's `ended` is called before it resolves,
   * as is that of every other claim of this queue pair, in any region. Afterwards nothing that
   * the peer posted can land. The peer is told, and may connect a new queue pair.
   * @throws UntornError ERR_UNTORN_BUSY when the peer is stopped amid an operation (QueuePair.close)
   */
  evict(why: string): Promise<void>
  /**
   * Sends a small message to the peer's claim, which hands it to `onNotice`: bytes, at most 64. False
   * when one is still on its way, or there is no memory for it: the caller tells again later.
   */
  notify(message: Uint8Array): boolean
}

/** An owner's answers to claims. */
export interface ClaimHandler {
  /**
   * Grants a claim, or refuses it.
   * @throws UntornError ERR_UNTORN_DENIED and the like: told to the peer
   */
  claim(holder: ClaimHolder): Grant
  /**
   * The claim has ended: the peer gave it back, its queue pair is gone, or it was evicted. Nothing of it
   * can land any more. Called once for each granted claim. Never throws.
   */
  ended(holder: ClaimHolder): void
}

/** Where operations that change a region go, in terms of the region's own offsets. */
export interface OpenWindow {
  readonly offset: number
  readonly lengthBytes: number
  /** Handle of the imported window. */
  readonly handle: number
}

/** A claim as its peer sees it. Invariant: once `ended` is set, it stays. */
export interface Claim {
  readonly kind: ClaimKind
  readonly parameters: Readonly<Record<string, number>>
  readonly windows: readonly OpenWindow[]
  /** The binding it belongs to: its queue pair and no other. */
  readonly binding: RemoteBinding
  /** Why it is over: evicted, queue pair replaced, peer lost, region withdrawn, released. */
  readonly ended: UntornError | undefined
  onEnded: ((why: UntornError) => void) | null
  /** A message of the owner; of several that came at once, each. */
  onNotice: ((message: Uint8Array) => void) | null
  /** Gives it back once nothing of it is in flight any more; resolves when the owner has it. Never rejects. */
  release(): Promise<void>
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
  /**
   * Asks the owner for a claim, on the present queue pair.
   * @throws UntornError ERR_UNTORN_DENIED, ERR_UNTORN_TIMEOUT, ERR_UNTORN_ABORTED, and as `current`
   */
  claim(kind: ClaimKind, signal?: AbortSignal): Promise<Claim>
  /** The reader was closed: its claims are released. */
  release(): void
}

/** What a host hands to a region that it publishes. */
export interface PublishContext {
  readonly device: Device
  readonly name: string
  /**
   * A way to the owner's own memory through its device, on the address that peers reach the host by:
   * for words that peers change by atomics. For the descriptor of a window with the rights it needs,
   * whose key nobody else is given. The owner closes it, before the memory.
   * @throws UntornError as `openLoopback`
   */
  loopback(region: RegionDescriptor): Loopback
  /**
   * Takes the region out of the catalogue, tells every peer and waits, bounded, until they have ended
   * their reads, and the claims on it have ended. The owner's `close` awaits it after its terminal mark
   * and before the memory is deregistered. Never rejects. Idempotent.
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
  /** Absent: peers may read, and claim nothing. */
  readonly claims?: ClaimHandler
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
