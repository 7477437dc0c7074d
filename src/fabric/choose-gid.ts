// Which port and GID a queue pair uses. The commonest mistake on RoCE is a GID of another network
// than the one in use; here the control connection's own address decides.
import { isIP } from 'node:net'
import { UntornError } from '../errors.ts'
import type { DeviceInfo, QueuePairOptions } from './contract.ts'

export interface GidChoice {
  readonly port: number
  readonly gidIndex: number
  /** One sentence, for listings and errors. */
  readonly reason: string
}

/** Later in this list is better: v2 is routable, and the default of today's NICs. */
const typeRank: readonly string[] = ['IB', 'RoCE v1', 'RoCE v2']

function canonical(address: string): string {
  const bare = address.split('%')[0] ?? ''
  if (isIP(bare) === 4) return `::ffff:${bare}`
  try {
    // The URL parser writes IPv6 in its shortest form; mapped IPv4 comes out as two hex groups.
    const shortest = new URL(`http://[${bare}]/`).hostname.slice(1, -1)
    const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(shortest)
    if (mapped === null) return shortest
    const [high, low] = [parseInt(mapped[1] ?? '', 16), parseInt(mapped[2] ?? '', 16)]
    return `::ffff:${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
  } catch {
    return bare
  }
}

function isLoopback(address: string): boolean {
  const text = canonical(address)
  return text === '::1' || text.startsWith('::ffff:127.')
}

/**
 * Chooses port and GID for a queue pair of `info`.
 * @throws UntornError ERR_UNTORN_NO_GID when no active port has a GID for the address
 */
export function chooseGid(info: DeviceInfo, options: QueuePairOptions): GidChoice {
  if (info.provider !== 'verbs') return { port: 1, gidIndex: 0, reason: 'no GIDs here' }
  const ports = info.ports.filter((port) =>
    options.port === undefined ? port.state === 'active' : port.number === options.port,
  )
  const first = ports[0]
  if (first === undefined) {
    throw new UntornError(
      'ERR_UNTORN_NO_GID',
      `${info.name} has no ${options.port === undefined ? 'active port' : `port ${options.port}`}`,
    )
  }
  if (options.gidIndex !== undefined) {
    return { port: first.number, gidIndex: options.gidIndex, reason: 'asked for by index' }
  }
  if (first.linkLayer.toLowerCase() === 'infiniband') {
    return { port: first.number, gidIndex: 0, reason: 'InfiniBand routes by LID; GID 0' }
  }
  const address = options.localAddress
  const anyAddress = address === undefined || isLoopback(address)
  const candidates = ports
    .flatMap((port) => port.gids.map((gid) => ({ port: port.number, gid })))
    .filter(({ gid }) =>
      anyAddress
        ? canonical(gid.address).startsWith('::ffff:')
        : canonical(gid.address) === canonical(address),
    )
    .sort((a, b) => typeRank.indexOf(b.gid.type) - typeRank.indexOf(a.gid.type))
  const best = candidates[0]
  if (best === undefined) {
    const known = ports.flatMap((port) => port.gids.map((gid) => gid.address)).join(', ')
    throw new UntornError(
      'ERR_UNTORN_NO_GID',
      `no GID of ${info.name} is ${address ?? 'an IPv4 address'}; it has ${known || 'none'}`,
    )
  }
  return {
    port: best.port,
    gidIndex: best.gid.index,
    reason: anyAddress
      ? `first ${best.gid.type} GID with an IPv4 address (this host only)`
      : `${best.gid.type} GID of the control connection's address ${best.gid.address}`,
  }
}
