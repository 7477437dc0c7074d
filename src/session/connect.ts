// Connects to a host: checks the options, dials, shakes hands.
import type { ConnectionOptions } from 'node:tls'
import { UntornError } from '../errors.ts'
import type { Device, QueuePairOptions } from '../fabric/contract.ts'
import { parseAddress } from './address.ts'
import { dial } from './dial.ts'
import { establish } from './link.ts'
import { OpenRegions } from './open-regions.ts'
import { assertOptions, assertSignal, heartbeatOption, timeoutOption } from './options.ts'
import { type OpenLink, Peer, type ReaderOpeners } from './peer.ts'

export interface ConnectOptions {
  /** Milliseconds for socket and handshake together. Default 5000. */
  readonly timeoutMs?: number
  /** Ends the attempt to connect; no effect afterwards. */
  readonly signal?: AbortSignal
  /**
   * Milliseconds between this side's signs of life. Default 2000; the host counts the peer as lost
   * after three silent intervals. 0 promises none: for a process whose event loop may stand still
   * for seconds, because it spins in synchronous reads.
   */
  readonly heartbeatMs?: number
  /** `localAddress` follows the control connection unless it is given here. */
  readonly queuePair?: QueuePairOptions
  /** Use TLS: as `tls.connect` takes it. */
  readonly tls?: ConnectionOptions
}

/** `connect` with the openers of its readers given: what the public one is made of. */
export async function connectWith<Openers extends ReaderOpeners>(
  openers: Openers,
  device: Device,
  address: string | { readonly host: string; readonly port?: number },
  options: ConnectOptions = {},
): Promise<Peer<Openers>> {
  assertOptions(options)
  assertSignal(options.signal)
  const target = parseAddress(address)
  const timeoutMs = timeoutOption(options.timeoutMs)
  const heartbeatMs = heartbeatOption(options.heartbeatMs)
  if (device.closed) throw new UntornError('ERR_UNTORN_CLOSED', 'the device is closed')
  const { queuePair = {}, tls } = options

  const openLink: OpenLink = async (events, { signal, timeoutMs: limit }) => {
    const limitMs = limit === undefined ? timeoutMs : timeoutOption(limit)
    const startMs = performance.now()
    const socket = await dial(target, { timeoutMs: limitMs, tls, signal })
    const leftMs = Math.max(1, limitMs - (performance.now() - startMs))
    const settings = { device, queuePair, heartbeatMs, timeoutMs }
    return establish(socket, settings, events, Math.round(leftMs), signal)
  }
  const { signal } = options
  const first = signal === undefined ? {} : { signal }
  return Peer.connect(new OpenRegions(device), openLink, openers, first)
}
