// A host's side of one accepted connection: its handshake, its queue pair, and the regions whose
// keys this peer was given.
//
// Invariant: keys leave the host only through `offer` and the welcome, both after `authorize`, and as
// grants, after `authorizeClaim`; a withdrawal is sent to exactly those that have the key; once ended,
// the queue pair is closed, so a peer whose connection is gone reaches no memory.
import type { Socket } from 'node:net'
import { type PeerCertificate, TLSSocket } from 'node:tls'
import { UntornError } from '../errors.ts'
import type { Device, Endpoint, QueuePairOptions } from '../fabric/contract.ts'
import type { CatalogueEntry, ClaimKind, Grant } from '../regions/contract.ts'
import { formatAddress, plainAddress } from './address.ts'
import { ControlConnection, type EndKind } from './control-connection.ts'
import { asUntornError, checkProvider } from './failures.ts'
import { type ClaimedRegion, HostQueuePair } from './host-queue-pair.ts'
import { PEER_BODY_BYTES_MAX, TEXT_CHARACTERS_MAX } from './limits.ts'
import type { ClaimRequest, Message } from './messages.ts'

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
  readonly authorizeClaim: (peer: PeerIdentity, entry: CatalogueEntry, kind: ClaimKind) => boolean
  readonly catalogue: () => Iterable<CatalogueEntry>
  /**
   * The region of that name and generation, unless it is being withdrawn.
   * @throws UntornError ERR_UNTORN_DENIED when nothing of it can be claimed
   */
  readonly claimable: (name: string, generation: number) => ClaimedRegion | undefined
  /** Numbers the claims of the host. */
  readonly nextHolderId: () => number
  readonly onServing: (peer: HostPeer) => void
  readonly onRenewed: () => void
  readonly onEvicted: () => void
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
  #queuePair: HostQueuePair | undefined
  /** The close of earlier queue pairs, as far as their peer lets it end; `close` waits for it. */
  #retired: Promise<unknown> = Promise.resolve()
  /** Those of them that are not gone yet. */
  readonly #closing = new Set<HostQueuePair>()
  #renewing = false
  /** The peer's name of its last claim. */
  #lastClaim = 0
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

  /** Whether the handshake is done, and the connection has not ended. */
  get serving(): boolean {
    return this.#serving && !this.#connection.ended
  }

  /** Resolves when the queue pairs of an ended connection are closed, or its peer keeps them open. */
  get retired(): Promise<unknown> {
    return this.#retired
  }

  holds(entry: CatalogueEntry): boolean {
    return this.#granted.get(entry.name) === entry.generation
  }

  /** Announces a region, if the peer may use it. */
  offer(entry: CatalogueEntry): void {
    if (!this.serving || !this.#mayUse(entry)) return
    this.#granted.set(entry.name, entry.generation)
    this.#connection.send({ type: 'published', entry })
  }

  /** Takes a region back; `onReleased` follows. */
  withdraw(entry: CatalogueEntry): void {
    const { name, generation } = entry
    this.#granted.delete(name)
    this.#connection.send({ type: 'withdrawn', name, generation })
  }

  /**
   * The peer has let go of a region that was withdrawn. Resolves when its claims on it have ended, those by
   * a queue pair that is being closed, too.
   */
  async releaseClaims(entry: CatalogueEntry): Promise<void> {
    this.#queuePair?.releaseRegion(entry)
    const closing = [...this.#closing].filter((queuePair) => queuePair.claims(entry))
    await Promise.all(closing.map((queuePair) => queuePair.gone))
  }

  /** The peer does not let go of a region: takes its claims, if it has any. Never rejects. */
  async reclaim(entry: CatalogueEntry): Promise<void> {
    const queuePair = this.#queuePair
    if (queuePair?.claims(entry) !== true) return
    // A peer that was stopped amid an operation is tried again until it ends.
    await queuePair.evict(`'${entry.name}' was withdrawn and not released`).catch(() => {})
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
    if (message.type === 'hello' && !this.#serving) {
      this.#welcome(message.endpoint, message)
      return
    }
    if (!this.#serving) throw outOfPlace(message)
    switch (message.type) {
      case 'released':
        this.#context.onReleased(this, message.name, message.generation)
        return
      case 'renew':
        if (this.#renewing) throw outOfPlace(message)
        void this.#renew(message.endpoint)
        return
      case 'claim':
        this.#claimed(message)
        return
      case 'unclaim':
        // One that has ended already crossed the news of its end.
        if (message.id > this.#lastClaim) throw outOfPlace(message)
        this.#queuePair?.release(message.id)
        this.#connection.send({ type: 'unclaimed', id: message.id })
        return
      case 'noticed':
        if (message.id > this.#lastClaim) throw outOfPlace(message)
        if (this.#queuePair?.noticed(message.id) === false) throw outOfPlace(message)
        return
      default:
        throw outOfPlace(message)
    }
  }

  #claimed(request: ClaimRequest): void {
    const { id, name } = request
    if (id <= this.#lastClaim) throw outOfPlace(request)
    this.#lastClaim = id
    let grant: Grant
    try {
      grant = this.#ask(request)
    } catch (error) {
      const refusal = asUntornError(error, 'ERR_UNTORN_DENIED', `a claim on '${name}'`)
      const message = refusal.message.slice(0, TEXT_CHARACTERS_MAX)
      this.#connection.send({ type: 'denied', id, code: refusal.code, message })
      return
    }
    this.#connection.send({ type: 'granted', id, grant })
  }

  #ask({ id, name, generation, kind }: ClaimRequest): Grant {
    const region =
      this.#granted.get(name) === generation ? this.#context.claimable(name, generation) : undefined
    if (region === undefined) {
      const message = `no region '${name}' of generation ${generation} is published to this peer`
      throw new UntornError('ERR_UNTORN_NO_REGION', message)
    }
    if (!this.#mayClaim(region.entry, kind)) {
      const message = `authorizeClaim does not let this peer claim '${kind}' of '${name}'`
      throw new UntornError('ERR_UNTORN_DENIED', message)
    }
    if (this.#queuePair === undefined) {
      throw new UntornError('ERR_UNTORN_NOT_CONNECTED', 'the queue pair is being replaced')
    }
    return this.#queuePair.claim(id, kind, region)
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
    const { endpoint } = this.#queuePair.queuePair
    this.#connection.send({ type: 'welcome', endpoint, heartbeatMs, incarnation, catalogue })
    this.#connection.met()
    this.#connection.startHeartbeat(heartbeatMs, hello.heartbeatMs)
    this.#serving = true
    this.#context.onServing(this)
  }

  /** The peer's queue pair broke: a fresh pair over the same connection. */
  async #renew(remote: Endpoint): Promise<void> {
    this.#renewing = true
    const gone = this.#queuePair?.gone
    this.#dropQueuePair()
    // The old one is gone before the next is made: renewals cannot pile up queue pairs, and an
    // eviction is told before the renewal that it makes necessary.
    await gone
    this.#renewing = false
    if (this.#connection.ended) return
    try {
      this.#queuePair = this.#connectedQueuePair(remote)
    } catch (error) {
      this.fail(asUntornError(error, 'ERR_UNTORN_SYSTEM', 'the queue pair could not be renewed'))
      return
    }
    this.#connection.send({ type: 'renewed', endpoint: this.#queuePair.queuePair.endpoint })
    this.#context.onRenewed()
  }

  /** A queue pair whose GID follows the address that the peer reached us by. */
  #connectedQueuePair(remote: Endpoint): HostQueuePair {
    const { device } = this.#context
    checkProvider(device, remote)
    const options = { localAddress: this.#localAddress, ...this.#context.queuePair }
    const { address, port } = this.identity
    const queuePair = new HostQueuePair(device.createQueuePair(options), {
      device,
      peer: formatAddress(address, port),
      nextHolderId: this.#context.nextHolderId,
      onGone: (evicted) => {
        if (this.#queuePair === queuePair) this.#queuePair = undefined
        if (evicted === undefined) return
        this.#context.onEvicted()
        const reason = evicted.slice(0, TEXT_CHARACTERS_MAX)
        this.#connection.send({ type: 'evicted', reason })
      },
    })
    try {
      queuePair.queuePair.connect(remote)
    } catch (error) {
      this.#retire(queuePair)
      throw error
    }
    return queuePair
  }

  #mayUse(entry: CatalogueEntry): boolean {
    return grants('authorize', entry, () => this.#context.authorize(this.identity, entry))
  }

  #mayClaim(entry: CatalogueEntry, kind: ClaimKind): boolean {
    const { authorizeClaim } = this.#context
    return grants('authorizeClaim', entry, () => authorizeClaim(this.identity, entry, kind))
  }

  #dropQueuePair(): void {
    const queuePair = this.#queuePair
    this.#queuePair = undefined
    if (queuePair !== undefined) this.#retire(queuePair)
  }

  #retire(queuePair: HostQueuePair): void {
    this.#closing.add(queuePair)
    void queuePair.gone.then(() => this.#closing.delete(queuePair))
    const closed = Promise.allSettled([this.#retired, queuePair.close()])
    this.#retired = closed.then(() => undefined)
  }
}

/** Fails closed: a check that throws grants nothing. */
function grants(name: string, entry: CatalogueEntry, check: () => unknown): boolean {
  try {
    // Only true grants: a promise, say of a check that is async by mistake, does not.
    return check() === true
  } catch (error) {
    const message = `${name} threw, access to '${entry.name}' denied: ${String(error)}`
    process.emitWarning(message, { code: 'WARN_UNTORN_AUTHORIZE' })
    return false
  }
}

function outOfPlace(message: Message): UntornError {
  return new UntornError('ERR_UNTORN_PROTOCOL', `${message.type} is out of place here`)
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
