// A host: a listening socket, the regions published on it, and the peers that came.
//
// Invariant: whatever one connection sends or fails to send ends that connection only; the process
// stays alive while the host listens, like with any net.Server, and no longer.
import { randomInt } from 'node:crypto'
import type { AddressInfo, Server, Socket } from 'node:net'
import { UntornError } from '../errors.ts'
import type { Device, QueuePairOptions } from '../fabric/contract.ts'
import { openLoopback } from '../fabric/loopback.ts'
import type { OwnerHandle, RegionSpec } from '../regions/contract.ts'
import { plainAddress } from './address.ts'
import type { EndKind } from './control-connection.ts'
import { HostPeer, type HostPeerContext, type PeerIdentity } from './host-peer.ts'
import { PENDING_CONNECTIONS_MAX } from './limits.ts'
import { Publications } from './publications.ts'

/** Counters since the host began to listen. */
export interface HostStatistics {
  /** Connections that arrived. */
  connections: number
  /** Connections that completed the handshake. */
  handshakes: number
  /** Dropped at once: too many had not said hello yet. */
  overflows: number
  /** Ended because the handshake took too long. */
  handshakeTimeouts: number
  /** Frames that were no frames, truncated, corrupt, or out of place. */
  protocolErrors: number
  versionMismatches: number
  framesTooLarge: number
  providerMismatches: number
  /** Connections that this side gave up for any other reason. */
  failures: number
  /** Peers that said goodbye. */
  goodbyes: number
  /** Connections that ended without a goodbye. */
  vanished: number
  /** Queue pairs replaced on request of a peer. */
  renewals: number
  /** Queue pairs destroyed to take back what had been granted. */
  evictions: number
  /** Withdrawals that went on without some peer's answer. */
  withdrawTimeouts: number
}

export interface HostSettings extends Pick<
  HostPeerContext,
  'device' | 'queuePair' | 'timeoutMs' | 'heartbeatMs' | 'authorize' | 'authorizeClaim'
> {
  readonly server: Server
}

export class Host implements AsyncDisposable {
  readonly device: Device
  /** The address that the host listens on, without port. */
  readonly address: string
  readonly port: number
  /** Random, 48 bits: tells this host from the one that listened here before. */
  readonly incarnation: number = randomInt(1, 2 ** 48 - 1)
  readonly statistics: Readonly<HostStatistics>
  /** A peer completed its handshake. */
  onConnect: ((peer: PeerIdentity) => void) | null = null
  /** A connection ended, handshaken or not; the failure says why. Not called by `close()`. */
  onDisconnect: ((peer: PeerIdentity, failure: UntornError) => void) | null = null

  readonly #server: Server
  readonly #context: HostPeerContext
  readonly #publications: Publications
  /** Every accepted connection, as long as its socket lives. */
  readonly #sockets = new Set<Socket>()
  readonly #peers = new Set<HostPeer>()
  readonly #counters: HostStatistics
  /** Ends of connections still under way; `close` waits for them. */
  readonly #endings = new Set<Promise<void>>()
  #closing: Promise<void> | undefined

  /** Made by `listen` around a server that listens already. */
  constructor(settings: HostSettings) {
    const { server, ...context } = settings
    this.device = context.device
    const bound = server.address() as AddressInfo
    this.address = bound.address
    this.port = bound.port
    this.#counters = newStatistics()
    this.statistics = this.#counters
    this.#publications = new Publications({
      device: this.device,
      peers: this.#peers,
      openLoopback: (region) =>
        openLoopback(this.device, region, { ...ownAddress(this.address), ...context.queuePair }),
      onWithdrawTimeout: () => (this.#counters.withdrawTimeouts += 1),
    })
    let holders = 0
    this.#context = {
      ...context,
      incarnation: this.incarnation,
      catalogue: () => this.#publications.entries(),
      claimable: (name, generation) => this.#publications.claimable(name, generation),
      nextHolderId: () => (holders += 1),
      onServing: (peer) => {
        this.#counters.handshakes += 1
        queueMicrotask(() => this.onConnect?.(peer.identity))
      },
      onRenewed: () => (this.#counters.renewals += 1),
      onEvicted: () => (this.#counters.evictions += 1),
      onReleased: (peer, name, generation) => this.#publications.released(peer, name, generation),
      onEnd: (peer, failure, kind) => this.#ended(peer, failure, kind),
    }
    this.#server = server
  }

  /** Peers that completed the handshake and are connected. */
  get peers(): number {
    let count = 0
    for (const peer of this.#peers) if (peer.serving) count += 1
    return count
  }

  /**
   * Brings a region to life and announces it. Its owner handle's `close()` takes it back.
   * @throws UntornError ERR_UNTORN_REGION_EXISTS, ERR_UNTORN_CLOSED, ERR_UNTORN_FRAME_TOO_LARGE
   *   (more regions than one catalogue holds), and whatever the region's allocation fails with
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
   */
  publish<Owner extends OwnerHandle>(name: string, spec: RegionSpec<Owner>): Owner {
    if (this.#closing !== undefined) {
      throw new UntornError('ERR_UNTORN_CLOSED', 'the host is closed')
    }
    return this.#publications.publish(name, spec)
  }

  /**
   * Withdraws and closes every region, says goodbye to the peers and stops listening. The device
   * stays open. Idempotent.
   * @throws whatever an owner's close failed with, after all else was closed
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** A raw connection arrived, before any TLS: counted and bounded from here on. */
  admit(socket: Socket): void {
    this.#counters.connections += 1
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    const pending = this.#sockets.size - this.peers
    if (this.#closing === undefined && pending <= PENDING_CONNECTIONS_MAX) return
    this.#counters.overflows += 1
    socket.destroy()
  }

  /** The connection is ready for frames. */
  serve(socket: Socket): void {
    if (socket.destroyed || this.#closing !== undefined) {
      socket.destroy()
      return
    }
    this.#peers.add(new HostPeer(socket, this.#context))
  }

  async #close(): Promise<void> {
    const stopped = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    // Owners first: their withdrawals need the peers' answers.
    const owners = this.#publications.owners()
    const results = await Promise.allSettled(owners.map((owner) => owner.close()))
    const peers = [...this.#peers]
    this.#peers.clear()
    await Promise.all(peers.map((peer) => peer.close('the host is closing')))
    await Promise.all(this.#endings)
    // What is left has not even completed its TLS handshake.
    for (const socket of this.#sockets) socket.destroy()
    await stopped
    const failed = results.find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  #ended(peer: HostPeer, failure: UntornError, kind: EndKind): void {
    this.#count(failure, kind)
    // Whoever withdraws a region waits for this peer until its queue pair is closed.
    const retiring = peer.retired.then(() => {
      this.#peers.delete(peer)
      this.#publications.forget(peer)
    })
    const ending = Promise.all([retiring, peer.close('')]).then(() => {
      this.#endings.delete(ending)
    })
    this.#endings.add(ending)
    queueMicrotask(() => this.onDisconnect?.(peer.identity, failure))
  }

  #count(failure: UntornError, kind: EndKind): void {
    const counters = this.#counters
    if (kind === 'bye') counters.goodbyes += 1
    else if (kind === 'vanished') counters.vanished += 1
    else if (failure.code === 'ERR_UNTORN_PROTOCOL_VERSION') counters.versionMismatches += 1
    else if (failure.code === 'ERR_UNTORN_FRAME_TOO_LARGE') counters.framesTooLarge += 1
    else if (failure.code === 'ERR_UNTORN_PROVIDER_MISMATCH') counters.providerMismatches += 1
    else if (failure.code === 'ERR_UNTORN_TIMEOUT') counters.handshakeTimeouts += 1
    else if (kind === 'protocol') counters.protocolErrors += 1
    else counters.failures += 1
  }
}

/** The address that reaches this host, where it listens on one only. */
function ownAddress(address: string): QueuePairOptions {
  const plain = plainAddress(address)
  return plain === '0.0.0.0' || plain === '::' ? {} : { localAddress: plain }
}

function newStatistics(): HostStatistics {
  return {
    connections: 0,
    handshakes: 0,
    overflows: 0,
    handshakeTimeouts: 0,
    protocolErrors: 0,
    versionMismatches: 0,
    framesTooLarge: 0,
    providerMismatches: 0,
    failures: 0,
    goodbyes: 0,
    vanished: 0,
    renewals: 0,
    evictions: 0,
    withdrawTimeouts: 0,
  }
}
