// A peer's view of a host: its catalogue, the regions held open, and what becomes of them when the
// connection breaks, comes back, or is closed.
//
// Invariant: an open reader is never left with stale bytes or without an answer: it is bound to the
// very generation that it was opened for, or every read of it ends with the reason in `lost`,
// a withdrawal, or `close`.
import { argumentRangeError, argumentTypeError, UntornError } from '../errors.ts'
import { Status } from '../fabric/status.ts'
import type { CatalogueEntry, ClaimKind, OpenReader } from '../regions/contract.ts'
import type { CodecOption, TypedHandleOf } from '../regions/typed/typed-opener.ts'
import { localFailure, peerLost, remoteFailure } from './failures.ts'
import type { Link, LinkEvents } from './link.ts'
import type { OpenClaim } from './open-claim.ts'
import { assertOptions, assertSignal, timeoutOption } from './options.ts'
import type { OpenRegions, RegionSource, SourceContext } from './open-regions.ts'

/** What every reader handle offers its session. */
export interface ReaderHandle {
  /** Releases landing memory and the source. Idempotent. */
  close(): Promise<void> | void
}

export interface ReconnectOptions {
  /** Milliseconds for socket and handshake together. Default: as for `connect`. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** Makes a link to the address that the peer was connected to. */
export type OpenLink = (events: LinkEvents, options: ReconnectOptions) => Promise<Link>

/** What a peer opens regions with, by protocol. */
export interface ReaderOpeners {
  readonly seqlock: OpenReader<ReaderHandle, never>
}

/** The handle that regions of protocol `P` are opened as. */
export type HandleOf<Openers, P extends keyof Openers> =
  Openers[P] extends OpenReader<infer Reader, infer _Options> ? Reader : never

/** What `open` takes for a region of protocol `P`, which has to be said unless it is a seqlock. */
export type OpenOptions<Openers, P extends keyof Openers> = (P extends 'seqlock'
  ? { readonly protocol?: P }
  : { readonly protocol: P }) &
  (Openers[P] extends OpenReader<infer _Reader, infer Options> ? Options : never)

export class Peer<Openers extends ReaderOpeners> implements AsyncDisposable {
  /** The connection is lost; `reconnect()` may bring it back. */
  onLost: ((failure: UntornError) => void) | null = null
  onPublished: ((entry: CatalogueEntry) => void) | null = null
  onWithdrawn: ((name: string, generation: number) => void) | null = null

  readonly #openLink: OpenLink
  readonly #openers: Openers
  readonly #open: OpenRegions
  readonly #readers = new Map<RegionSource, ReaderHandle>()
  readonly #sources: SourceContext = {
    transportFailed: (source, status) => this.#transportFailed(source, status),
    recovery: () => this.#link.recovery,
    claim: (source, kind, signal) => this.#claim(source, kind, signal),
    released: (source) => this.#released(source),
  }
  #link!: Link
  #lost: UntornError | undefined
  #closing: Promise<void> | undefined
  #reconnecting: { readonly done: Promise<void>; readonly abort: AbortController } | undefined

  private constructor(open: OpenRegions, openLink: OpenLink, openers: Openers) {
    this.#open = open
    this.#openLink = openLink
    this.#openers = openers
  }

  /** Made by `connect`. */
  static async connect<Openers extends ReaderOpeners>(
    open: OpenRegions,
    openLink: OpenLink,
    openers: Openers,
    options: ReconnectOptions,
  ): Promise<Peer<Openers>> {
    const peer = new Peer(open, openLink, openers)
    peer.#link = await openLink(peer.#linkEvents(), options)
    return peer
  }

  /** Why the connection is lost; undefined while it works. */
  get lost(): UntornError | undefined {
    return this.#lost
  }

  /** Random number of the host's incarnation: a restarted host has another. */
  get incarnation(): number {
    return this.#link.incarnation
  }

  /** What the host publishes to this peer, by name; after a loss, what it did publish. */
  regions(): readonly CatalogueEntry[] {
    return [...this.#link.catalogue.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /**
   * A handle of the region: `protocol` says what it is opened as, by default a seqlock. Waits for
   * nothing to be published.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
   * @throws UntornError ERR_UNTORN_NO_REGION, naming what there is; ERR_UNTORN_PEER_LOST,
   *   ERR_UNTORN_CLOSED; and what the reader refuses the region with (ERR_UNTORN_LAYOUT_MISMATCH
   *   when it is of another protocol or codec, ERR_UNTORN_UNSOUND, …)
   */
  async open<V, P extends keyof Openers & string = 'seqlock'>(
    name: string,
    options: OpenOptions<Openers, P> & CodecOption<V>,
  ): Promise<TypedHandleOf<V, HandleOf<Openers, P>>>
  async open<P extends keyof Openers & string = 'seqlock'>(
    name: string,
    options?: OpenOptions<Openers, P>,
  ): Promise<HandleOf<Openers, P>>
  async open(name: string, options?: { readonly protocol?: unknown }): Promise<unknown> {
    if (typeof name !== 'string') throw argumentTypeError('name must be a string')
    const openReader = this.#opener(options)
    await this.#link.recovery
    this.#check()
    const entry = this.#link.catalogue.get(name)
    if (entry === undefined) throw this.#noRegion(name)
    const source = this.#open.open(entry, this.#link.queuePair, this.#sources)
    let reader: ReaderHandle
    try {
      reader = await openReader(source, entry, options as never)
    } catch (error) {
      this.#released(source)
      throw error
    }
    if (this.#closing !== undefined) {
      await reader.close()
      this.#check()
    }
    this.#readers.set(source, reader)
    return reader
  }

  /**
   * Connects to the same address again, giving up the present connection if it still works. Open
   * readers whose region has the same generation go on; the others end with
   * ERR_UNTORN_STALE_GENERATION. A call while another is under way joins it.
   * @throws UntornError as `connect`; the peer then stays lost
   */
  async reconnect(options: ReconnectOptions = {}): Promise<void> {
    // First of all: options that are refused must not cost a connection that works.
    assertOptions(options)
    assertSignal(options.signal)
    timeoutOption(options.timeoutMs)
    if (this.#closing !== undefined) throw closed()
    if (this.#reconnecting === undefined) {
      const abort = new AbortController()
      const done = this.#reconnect(options, abort.signal).finally(() => {
        this.#reconnecting = undefined
      })
      this.#reconnecting = { done, abort }
    }
    await this.#reconnecting.done
  }

  /** Closes the readers, says goodbye and hangs up; the device stays open. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#open.endAll(closed())
    this.#reconnecting?.abort.abort(closed())
    await this.#reconnecting?.done.catch(() => {})
    await this.#link.close('the peer is closing')
    // Nothing is in flight any more: the readers can free what their reads landed in.
    await Promise.all([...this.#readers.values()].map((reader) => reader.close()))
    await this.#open.dropImports()
  }

  async #reconnect(options: ReconnectOptions, closing: AbortSignal): Promise<void> {
    this.#lost ??= peerLost('it is being reconnected')
    this.#open.suspend(this.#lost)
    await this.#link.close('the peer reconnects')
    await this.#open.dropImports()
    const signal =
      options.signal === undefined ? closing : AbortSignal.any([closing, options.signal])
    this.#link = await this.#openLink(this.#linkEvents(), { ...options, signal })
    this.#lost = this.#link.lost
    if (this.#lost === undefined) this.#open.rebind(this.#link.catalogue, this.#link.queuePair)
    else throw this.#lost
  }

  #linkEvents(): LinkEvents {
    return {
      onPublished: (entry) => queueMicrotask(() => this.onPublished?.(entry)),
      onWithdrawn: (name, generation) => {
        queueMicrotask(() => this.onWithdrawn?.(name, generation))
        return this.#open.withdrawn(name, generation)
      },
      onRenewing: () => this.#open.suspend(notConnected()),
      onRenewed: () => this.#open.resume(this.#link.queuePair),
      onLost: (failure) => {
        this.#lost = failure
        this.#open.suspend(failure)
        queueMicrotask(() => this.onLost?.(failure))
      },
    }
  }

  #opener(options: { readonly protocol?: unknown } | undefined): OpenReader<ReaderHandle, never> {
    if (options !== undefined) assertOptions(options)
    const openers: ReaderOpeners = this.#openers
    const protocol = options?.protocol ?? 'seqlock'
    if (typeof protocol === 'string' && Object.hasOwn(openers, protocol)) {
      return openers[protocol as keyof ReaderOpeners]
    }
    const known = Object.keys(openers).join(', ')
    throw argumentRangeError(`protocol must be one of ${known}; got ${JSON.stringify(protocol)}`)
  }

  #transportFailed(source: RegionSource, status: number): UntornError {
    const settled = source.final ?? this.#lost
    if (settled !== undefined) return settled
    const local = localFailure(status)
    if (local !== undefined) return local
    // RetryExceeded too: while the control connection lives, so does the peer, and a transport that
    // gave up (rxe does now and then after losing packets) is replaced. A peer that is really gone
    // is noticed there, or does not answer the replacement.
    const { queuePair } = this.#link
    const failure = remoteFailure(status, queuePair.vendorError)
    // A flush seen late belongs to a queue pair that has been replaced meanwhile.
    const replaced = status === Status.Flushed && queuePair.state === 'ready'
    if (!replaced) this.#link.renew(notConnected())
    return failure
  }

  async #claim(
    source: RegionSource,
    kind: ClaimKind,
    signal: AbortSignal | undefined,
  ): Promise<OpenClaim> {
    assertSignal(signal)
    await untilAborted(source.recovery(), signal)
    const binding = source.current()
    if (binding instanceof UntornError) throw binding
    return await this.#link.claims.ask(binding, kind, signal)
  }

  #released(source: RegionSource): void {
    this.#readers.delete(source)
    this.#open.release(source)
  }

  #check(): void {
    if (this.#closing !== undefined) throw closed()
    if (this.#lost !== undefined) throw this.#lost
  }

  #noRegion(name: string): UntornError {
    const names = this.regions().map((entry) => `'${entry.name}'`)
    const shown = names.length > 20 ? [...names.slice(0, 20), '…'] : names
    const published = shown.length === 0 ? 'nothing' : shown.join(', ')
    return new UntornError(
      'ERR_UNTORN_NO_REGION',
      `the host publishes no region '${name}' to this peer; it publishes ${published}`,
    )
  }
}

function closed(): UntornError {
  return new UntornError('ERR_UNTORN_CLOSED', 'the peer is closed')
}

function notConnected(): UntornError {
  return new UntornError(
    'ERR_UNTORN_NOT_CONNECTED',
    'the queue pair broke and is being replaced; try again in a moment',
  )
}

/** Waits for `work`, which never rejects. @throws UntornError ERR_UNTORN_ABORTED */
async function untilAborted(
  work: Promise<void> | null,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (work !== null && signal?.aborted !== true) {
    let onAbort = (): void => {}
    const aborted = new Promise<void>((resolve) => (onAbort = resolve))
    signal?.addEventListener('abort', onAbort)
    await Promise.race([work, aborted])
    signal?.removeEventListener('abort', onAbort)
  }
  if (signal?.aborted !== true) return
  throw new UntornError('ERR_UNTORN_ABORTED', 'the claim was aborted', { cause: signal.reason })
}
