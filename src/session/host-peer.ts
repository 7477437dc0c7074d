// A host's side of one accepted connection: its handshake, its queue pair, and the regions whose
// keys this peer was given.
//
// Invariant: keys leave the host only through `offer` and the welcome, both after `authorize`; a
// withdrawal is sent to exactly those that have the key; once ended, the queue pair is closed, so a
// peer whose connection is gone reaches no memory.
import type { Socket } from 'node:net'
import { type PeerCertificate, TLSSocket } from 'node:tls'
import { UntornError } from '../errors.ts'
import type { Device, Endpoint, QueuePair, QueuePairOptions } from '../fabric/contract.ts'
import type { CatalogueEntry } from '../regions/contract.ts'
import { plainAddress } from './address.ts'
import { ControlConnection, type EndKind } from './control-connection.ts'
import { asUntornError, checkProvider } from './failures.ts'
import { PEER_BODY_BYTES_MAX } from './limits.ts'
import type { Message } from './messages.ts'

/** Who is at the other end, as far as the connection tells. */
export interface PeerIdentity {
  readonly address: string
  readonly port: number
  /** TLS with a client certificate; undefined otherwise. */
  readonly certificate: PeerCertificate | undefined
}

export interface HostPeerContext {
  readonly device: Device
  readonly queuePair: QueuePairOptions
  readonly timeoutMs: number
  readonly heartbeatMs: number
  readonly incarnation: number
  readonly authorize: (peer: PeerIdentity, entry: CatalogueEntry) => boolean
  readonly catalogue: () => Iterable<CatalogueEntry>
  readonly onServing: (peer: HostPeer) => void
  readonly onRenewed: () => void
  /** The peer reads this region no more: it said so, or it is gone. */
  readonly onReleased: (peer: HostPeer, name: string, generation: number) => void
  readonly onEnd: (peer: HostPeer, failure: UntornError, kind: EndKind) => void
}

export class HostPeer {
  readonly identity: PeerIdentity
  readonly #context: HostPeerContext
  readonly #connection: ControlConnection
  readonly #localAddress: string
  /** Name → generation of the keys that the peer holds. */
  readonly #granted = new Map<string, number>()
  #queuePair: QueuePair | undefined
  /** The close of earlier queue pairs; `close` waits for it. */
  #retired: Promise<unknown> = Promise.resolve()
  #renewing = false
  #serving = false

  constructor(socket: Socket, context: HostPeerContext) {
    this.#context = context
    this.#localAddress = plainAddress(socket.localAddress)
    this.identity = identityOf(socket)
    this.#connection = new ControlConnection(socket, {
      bodyBytesMax: PEER_BODY_BYTES_MAX,
      onMessage: (message) => this.#received(message),
      onEnd: (failure, kind) => {
        this.#dropQueuePair()
        context.onEnd(this, failure, kind)
      },
    })
    this.#connection.expect(context.timeoutMs, 'the handshake')
  }

  /** Whether the handshake is done. */
  get serving(): boolean {
    return this.#serving
  }

  holds(entry: CatalogueEntry): boolean {
    return this.#granted.get(entry.name) === entry.generation
  }

  /** Announces a region, if the peer may use it. */
  offer(entry: CatalogueEntry): void {
    if (!this.#serving || !this.#mayUse(entry)) return
    this.#granted.set(entry.name, entry.generation)
    this.#connection.send({ type: 'published', entry })
  }

  /** Takes a region back; `onReleased` follows. */
  withdraw(entry: CatalogueEntry): void {
    const { name, generation } = entry
    this.#granted.delete(name)
    this.#connection.send({ type: 'withdrawn', name, generation })
  }

  /** Refuses the connection, or gives it up, with a code that the peer gets to see. */
  fail(error: UntornError): void {
    this.#connection.fail(error)
  }

  /** Says goodbye; resolves when socket and queue pair are gone. Idempotent. */
  async close(reason: string): Promise<void> {
    await this.#connection.close(reason)
    this.#dropQueuePair()
    await this.#retired
  }

  #received(message: Message): void {
    if (message.type === 'hello' && !this.#serving) this.#welcome(message.endpoint, message)
    else if (message.type === 'released' && this.#serving) {
      this.#context.onReleased(this, message.name, message.generation)
    } else if (message.type === 'renew' && this.#serving && !this.#renewing) {
      void this.#renew(message.endpoint)
    } else {
      throw new UntornError('ERR_UNTORN_PROTOCOL', `${message.type} is out of place here`)
    }
  }

  #welcome(remote: Endpoint, hello: { readonly heartbeatMs: number }): void {
    const { heartbeatMs, incarnation } = this.#context
    this.#queuePair = this.#connectedQueuePair(remote)
    const catalogue: CatalogueEntry[] = []
    for (const entry of this.#context.catalogue()) {
      if (!this.#mayUse(entry)) continue
      this.#granted.set(entry.name, entry.generation)
      catalogue.push(entry)
    }
    const endpoint = this.#queuePair.endpoint
    this.#connection.send({ type: 'welcome', endpoint, heartbeatMs, incarnation, catalogue })
    this.#connection.met()
    this.#connection.startHeartbeat(heartbeatMs, hello.heartbeatMs)
    this.#serving = true
    this.#context.onServing(this)
  }

  /** The peer's queue pair broke: a fresh pair over the same connection. */
  async #renew(remote: Endpoint): Promise<void> {
    this.#renewing = true
    this.#dropQueuePair()
    // The old one is gone before the next is made: renewals cannot pile up queue pairs.
    await this.#retired
    this.#renewing = false
    if (this.#connection.ended) return
    try {
      this.#queuePair = this.#connectedQueuePair(remote)
    } catch (error) {
      this.fail(asUntornError(error, 'ERR_UNTORN_SYSTEM', 'the queue pair could not be renewed'))
      return
    }
    this.#connection.send({ type: 'renewed', endpoint: this.#queuePair.endpoint })
    this.#context.onRenewed()
  }

  /** A queue pair whose GID follows the address that the peer reached us by. */
  #connectedQueuePair(remote: Endpoint): QueuePair {
    const { device } = this.#context
    checkProvider(device, remote)
    const options = { localAddress: this.#localAddress, ...this.#context.queuePair }
    const queuePair = device.createQueuePair(options)
    try {
      queuePair.connect(remote)
    } catch (error) {
      this.#retire(queuePair)
      throw error
    }
    return queuePair
  }

  /** Fails closed: a check that throws grants nothing. */
  #mayUse(entry: CatalogueEntry): boolean {
    try {
      // Only true grants: a promise, say of an authorize that is async by mistake, does not.
      const answer: unknown = this.#context.authorize(this.identity, entry)
      return answer === true
    } catch (error) {
      const message = `authorize threw, access to '${entry.name}' denied: ${String(error)}`
      process.emitWarning(message, { code: 'WARN_UNTORN_AUTHORIZE' })
      return false
    }
  }

  #dropQueuePair(): void {
    const queuePair = this.#queuePair
    this.#queuePair = undefined
    if (queuePair !== undefined) this.#retire(queuePair)
  }

  #retire(queuePair: QueuePair): void {
    // A queue pair that cannot be closed any more (its device is gone) has nothing left to close.
    this.#retired = Promise.allSettled([this.#retired, queuePair.close()])
  }
}

function identityOf(socket: Socket): PeerIdentity {
  const certificate = socket instanceof TLSSocket ? socket.getPeerCertificate() : undefined
  return {
    address: plainAddress(socket.remoteAddress),
    port: socket.remotePort ?? 0,
    certificate:
      certificate === undefined || Object.keys(certificate).length === 0 ? undefined : certificate,
  }
}
