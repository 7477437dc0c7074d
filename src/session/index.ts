// Public surface of sessions: hosts that publish regions, peers that open them.
import type { Device } from '../fabric/contract.ts'
import { prepareRegions } from '../regions/kernels.ts'
import { type Openers, openers } from '../regions/openers.ts'
import { type ConnectOptions, connectWith } from './connect.ts'
import type { Host } from './host.ts'
import { type ListenOptions, listen as listenOn } from './listen.ts'
import type { Peer as GenericPeer } from './peer.ts'

/** A connection to a host: its catalogue and the readers opened from it. */
export type Peer = GenericPeer<Openers>

/**
 * Listens for peers of a device; regions are published on the host it resolves to.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
 * @throws UntornError ERR_UNTORN_SYSTEM when the address is in use or not ours, ERR_UNTORN_CLOSED
 */
export async function listen(device: Device, options: ListenOptions = {}): Promise<Host> {
  // Publishing is synchronous, so what it needs is loaded here.
  await prepareRegions()
  return listenOn(device, options)
}

/**
 * Connects to a host: `10.0.0.5:7471`, `[2001:db8::5]:7471`, or `{ host, port }`.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
 * @throws UntornError ERR_UNTORN_CONNECT, ERR_UNTORN_TIMEOUT, ERR_UNTORN_ABORTED,
 *   ERR_UNTORN_PROTOCOL, ERR_UNTORN_PROTOCOL_VERSION, ERR_UNTORN_NO_GID
 */
export function connect(
  device: Device,
  address: string | { readonly host: string; readonly port?: number },
  options: ConnectOptions = {},
): Promise<Peer> {
  return connectWith(openers, device, address, options)
}

export type { ConnectOptions } from './connect.ts'
export type { Host, HostStatistics } from './host.ts'
export type { PeerIdentity } from './host-peer.ts'
export type { ListenOptions } from './listen.ts'
export type { ReconnectOptions } from './peer.ts'
