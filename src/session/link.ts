// A peer's side of one live connection: handshake, catalogue, and the queue pair, which is replaced
// over the same connection when it breaks. A peer that reconnects gets a new link.
//
// Invariant: `lost` is set, and claims are ended, before the queue pair is failed, so whoever sees its
// operations flushed finds the reason; it is set once and stays. Every queue pair made here is closed by
// `close`.
import type { Socket } from 'node:net'
import { UntornError } from '../errors.ts'
import type { Device, Endpoint, QueuePair, QueuePairOptions } from '../fabric/contract.ts'
import type { CatalogueEntry } from '../regions/contract.ts'
import { plainAddress } from './address.ts'
import { ControlConnection, type EndKind } from './control-connection.ts'
import { aborted } from './dial.ts'
import { asUntornError, checkProvider, peerLost } from './failures.ts'
import { FRAME_BODY_BYTES_MAX } from './limits.ts'
import type { Message, Welcome } from './messages.ts'
import { OpenClaims } from './open-claims.ts'

export interface LinkSettings {
  readonly device: Device
  readonly queuePair: QueuePairOptions
  readonly heartbeatMs: number
  readonly timeoutMs: number
}

export interface LinkEvents {
  readonly onPublished: (entry: CatalogueEntry) => void
  /** Resolves when no read of the region is in flight any more. */
  readonly onWithdrawn: (name: string, generation: number) => Promise<void>
  /** The queue pair is unusable until `onRenewed` or `onLost`. */
  readonly onRenewing: () => void
  readonly onRenewed: () => void
  readonly onLost: (failure: UntornError) => void
}

export class Link {
  readonly catalogue: Map<string, CatalogueEntry> = new Map()
  readonly claims: OpenClaims
  readonly #settings: LinkSettings
  readonly #events: LinkEvents
  readonly #connection: ControlConnection
  readonly #localAddress: string
  #queuePair: QueuePair
  /** The next queue pair, from `renew` to `renewed`. */
  #fresh: QueuePair | undefined
  #recovery: Promise<void> | null = null
  #recovered: () => void = () => {}
  #retired: Promise<unknown> = Promise.resolve()
  #incarnation = 0
  #lost: UntornError | undefined
  /** Settles the handshake; undefined once it is over. */
  #greeting: { resolve: () => void; reject: (failure: UntornError) => void } | undefined

  /** Takes over a connected socket. Whatever throws here leaves the socket to the caller. */
  constructor(socket: Socket, settings: LinkSettings, events: LinkEvents) {
    this.#settings = settings
    this.#events = events
    this.#localAddress = plainAddress(socket.localAddress)
    this.#queuePair = this.#newQueuePair()
    this.#connection = new ControlConnection(socket, {
      bodyBytesMax: FRAME_BODY_BYTES_MAX,
      onMessage: (message) => this.#received(message),
      onEnd: (failure, kind) => this.#ended(failure, kind),
    })
    this.claims = new OpenClaims({
      device: settings.device,
      timeoutMs: settings.timeoutMs,
      send: (message) => this.#connection.send(message),
      fail: (failure) => this.lose(failure),
    })
  }

  get queuePair(): QueuePair {
    return this.#queuePair
  }

  get incarnation(): number {
    return this.#incarnation
  }

  get lost(): UntornError | undefined {
    return this.#lost
  }

  /** While the queue pair is being replaced: resolves, never rejects, when that has ended. */
  get recovery(): Promise<void> | null {
    return this.#recovery
  }

  /**
   * Introduces itself and waits for the welcome. A link whose handshake failed needs no close.
   * @throws UntornError: the host's refusal, or ERR_UNTORN_CONNECT, _TIMEOUT, _ABORTED, _PROTOCOL…
   */
  async handshake(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    const onAbort = (): void => this.#connection.fail(aborted(signal as AbortSignal))
    try {
      await new Promise<void>((resolve, reject) => {
        this.#greeting = { resolve, reject }
        this.#connection.expect(timeoutMs, 'the handshake')
        const { heartbeatMs } = this.#settings
        this.#connection.send({ type: 'hello', endpoint: this.#queuePair.endpoint, heartbeatMs })
        signal?.addEventListener('abort', onAbort, { once: true })
        if (signal?.aborted === true) onAbort()
      })
    } catch (error) {
      await this.#retired
      throw error
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /**
   * Replaces the broken queue pair, and ends the claims that came by it with `claimsEnd`. No-op while
   * that is under way, or when the link is lost.
   */
  renew(claimsEnd: UntornError): void {
    if (this.#recovery !== null || this.#lost !== undefined) return
    this.claims.endAll(claimsEnd)
    this.#recovery = new Promise((resolve) => (this.#recovered = resolve))
    this.#events.onRenewing()
    this.#retire(this.#queuePair)
    try {
      this.#fresh = this.#newQueuePair()
    } catch (error) {
      this.lose(peerLost('its queue pair could not be replaced', error))
      return
    }
    this.#connection.send({ type: 'renew', endpoint: this.#fresh.endpoint })
    this.#connection.expect(this.#settings.timeoutMs, 'the replacement of the queue pair')
  }

  /** Gives the host up. */
  lose(failure: UntornError): void {
    this.#connection.fail(failure)
  }

  /** Says goodbye; resolves when socket and queue pairs are gone. Idempotent. */
  async close(reason: string): Promise<void> {
    const gone = this.#connection.close(reason)
    this.#dropQueuePairs(peerLost(reason))
    await Promise.all([gone, this.#retired])
  }

  #received(message: Message): void {
    if (this.#greeting !== undefined) {
      if (message.type !== 'welcome') throw outOfPlace(message)
      this.#welcomed(message)
      return
    }
    switch (message.type) {
      case 'published':
        this.catalogue.set(message.entry.name, message.entry)
        this.#events.onPublished(message.entry)
        return
      case 'withdrawn':
        void this.#withdrawn(message.name, message.generation)
        return
      case 'renewed':
        if (this.#fresh === undefined) throw outOfPlace(message)
        this.#renewed(this.#fresh, message.endpoint)
        return
      case 'granted':
        this.claims.granted(message)
        return
      case 'denied':
        this.claims.denied(message)
        return
      case 'unclaimed':
        this.claims.unclaimed(message.id)
        return
      case 'evicted':
        this.renew(new UntornError('ERR_UNTORN_EVICTED', `the owner says: ${message.reason}`))
        return
      default:
        throw outOfPlace(message)
    }
  }

  #welcomed(welcome: Welcome): void {
    checkProvider(this.#settings.device, welcome.endpoint)
    this.#queuePair.connect(welcome.endpoint)
    this.#incarnation = welcome.incarnation
    for (const entry of welcome.catalogue) this.catalogue.set(entry.name, entry)
    this.#connection.met()
    this.#connection.startHeartbeat(this.#settings.heartbeatMs, welcome.heartbeatMs)
    this.#greeting?.resolve()
    this.#greeting = undefined
  }

  async #withdrawn(name: string, generation: number): Promise<void> {
    if (this.catalogue.get(name)?.generation === generation) this.catalogue.delete(name)
    await this.#events.onWithdrawn(name, generation)
    this.#connection.send({ type: 'released', name, generation })
  }

  #renewed(fresh: QueuePair, remote: Endpoint): void {
    fresh.connect(remote)
    this.#fresh = undefined
    this.#queuePair = fresh
    this.#connection.met()
    this.#recovery = null
    this.#events.onRenewed()
    this.#recovered()
  }

  #ended(failure: UntornError, kind: EndKind): void {
    const greeting = this.#greeting
    this.#greeting = undefined
    if (greeting !== undefined) {
      this.#dropQueuePairs(failure)
      const refused = kind === 'vanished' || kind === 'bye'
      greeting.reject(
        refused
          ? new UntornError(
              'ERR_UNTORN_CONNECT',
              `the host ended the handshake: ${failure.message}`,
              { cause: failure },
            )
          : failure,
      )
      return
    }
    const lost =
      failure.code === 'ERR_UNTORN_PEER_LOST' ? failure : peerLost(failure.message, failure)
    this.#lost = lost
    this.#events.onLost(lost)
    this.#dropQueuePairs(lost)
  }

  #dropQueuePairs(failure: UntornError): void {
    this.#lost ??= failure
    this.claims.endAll(this.#lost)
    this.#retire(this.#queuePair)
    if (this.#fresh !== undefined) this.#retire(this.#fresh)
    this.#fresh = undefined
    this.#recovery = null
    this.#recovered()
  }

  #newQueuePair(): QueuePair {
    const { device, queuePair } = this.#settings
    return device.createQueuePair({ localAddress: this.#localAddress, ...queuePair })
  }

  /** Ends what is in flight, then closes; a queue pair whose device is gone is closed already. */
  #retire(queuePair: QueuePair): void {
    if (queuePair.state !== 'closed') queuePair.fail()
    const closed = Promise.allSettled([this.#retired, queuePair.close()])
    this.#retired = closed.then(() => this.claims.queuePairClosed())
  }
}

function outOfPlace(message: Message): UntornError {
  return new UntornError('ERR_UNTORN_PROTOCOL', `${message.type} is out of place here`)
}

/**
 * A link over a connected socket, welcomed by the host.
 * @throws UntornError as `Link.handshake`; also what the device refuses the queue pair with
 */
export async function establish(
  socket: Socket,
  settings: LinkSettings,
  events: LinkEvents,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Link> {
  let link: Link
  try {
    link = new Link(socket, settings, events)
  } catch (error) {
    socket.on('error', () => {})
    socket.destroy()
    throw asUntornError(error, 'ERR_UNTORN_SYSTEM', 'the queue pair could not be made')
  }
  await link.handshake(timeoutMs, signal)
  return link
}
