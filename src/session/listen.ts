// Opens a host: the listening socket, with or without TLS, and the checks of its options.
import { createServer as createTcpServer, type Server } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { argumentTypeError, UntornError } from '../errors.ts'
import type { Device, QueuePairOptions } from '../fabric/contract.ts'
import type { CatalogueEntry, ClaimKind } from '../regions/contract.ts'
import { formatAddress } from './address.ts'
import { asUntornError } from './failures.ts'
import { Host } from './host.ts'
import type { PeerIdentity } from './host-peer.ts'
import { DEFAULT_PORT } from './limits.ts'
import { assertOptions, heartbeatOption, integerOption, timeoutOption } from './options.ts'

export interface ListenOptions {
  /** Default 7471; 0 takes any free port, see `host.port`. */
  readonly port?: number
  /**
   * Address to listen on. Default 0.0.0.0 on RDMA devices, and 127.0.0.1 on all others, whose peers
   * are on this machine.
   */
  readonly host?: string
  /** Milliseconds that a connection has for its handshake. Default 5000. */
  readonly timeoutMs?: number
  /**
   * Milliseconds between this side's signs of life. Default 2000; peers count the host as lost
   * after three silent intervals. 0 promises none: for a process whose event loop may stand still
   * for seconds, because it spins in synchronous calls.
   */
  readonly heartbeatMs?: number
  /** For the queue pair of each peer; `localAddress` follows the control connection. */
  readonly queuePair?: QueuePairOptions
  /** Serve TLS: key, certificate and the rest as `tls.createServer` takes them. */
  readonly tls?: TlsOptions
  /** Who may have the key of which region. Default: everybody, every region. */
  readonly authorize?: (peer: PeerIdentity, entry: CatalogueEntry) => boolean
  /**
   * Who may claim what of a region that it may read: `pin` objects, `watch` publications, `write`
   * objects, take the `lock`. Asked at every claim, before the region's owner is. Default: without
   * `authorize` everybody, all that a region offers; with `authorize`, those who may read may pin and
   * watch, and nobody writes or locks.
   */
  readonly authorizeClaim?: (peer: PeerIdentity, entry: CatalogueEntry, kind: ClaimKind) => boolean
}

/**
 * Listens for peers of a device.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT; UntornError ERR_UNTORN_SYSTEM when the address
 *   is in use or not ours
 */
export async function listen(device: Device, options: ListenOptions = {}): Promise<Host> {
  assertOptions(options)
  const port = integerOption('port', options.port, DEFAULT_PORT, 0, 65535)
  const timeoutMs = timeoutOption(options.timeoutMs)
  const heartbeatMs = heartbeatOption(options.heartbeatMs)
  const authorize = options.authorize ?? ((): boolean => true)
  if (typeof authorize !== 'function') throw argumentTypeError('authorize must be a function')
  const authorizeClaim = options.authorizeClaim ?? defaultClaims(options.authorize !== undefined)
  if (typeof authorizeClaim !== 'function') {
    throw argumentTypeError('authorizeClaim must be a function')
  }
  // Node would take a number for the backlog, and '' for every address.
  if (options.host !== undefined && (typeof options.host !== 'string' || options.host === '')) {
    throw argumentTypeError('host must be an address to listen on')
  }
  if (device.closed) throw new UntornError('ERR_UNTORN_CLOSED', 'the device is closed')
  const address = options.host ?? (device.provider === 'verbs' ? '0.0.0.0' : '127.0.0.1')

  // Half-open sockets let a side that was hung up on still say why it would have done the same.
  const server =
    options.tls === undefined
      ? createTcpServer({ allowHalfOpen: true })
      : createTlsServer({ handshakeTimeout: timeoutMs, ...options.tls, allowHalfOpen: true })
  await bind(server, port, address)
  const queuePair = options.queuePair ?? {}
  const host = new Host({
    server,
    device,
    queuePair,
    timeoutMs,
    heartbeatMs,
    authorize,
    authorizeClaim,
  })
  server.on('connection', (socket) => {
    host.admit(socket)
    if (options.tls === undefined) host.serve(socket)
    // Until TLS is up nobody else listens to this socket's errors.
    else socket.on('error', () => socket.destroy())
  })
  server.on('secureConnection', (socket) => host.serve(socket))
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  // A failing accept (out of descriptors) concerns the connection that was not accepted.
  server.on('error', () => {})
  return host
}

/** Whoever restricts readers has not said yet who may write. */
function defaultClaims(
  restricted: boolean,
): (peer: PeerIdentity, entry: CatalogueEntry, kind: ClaimKind) => boolean {
  return (_peer, _entry, kind) => !restricted || kind === 'pin' || kind === 'watch'
}

function bind(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      reject(asUntornError(error, 'ERR_UNTORN_SYSTEM', `listening on ${formatAddress(host, port)}`))
    }
    server.once('error', failed)
    server.listen(port, host, () => {
      server.off('error', failed)
      resolve()
    })
  })
}
