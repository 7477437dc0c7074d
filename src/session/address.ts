// Addresses of hosts as people write them, and as sockets report them.
import { isIPv6 } from 'node:net'
import { argumentRangeError, argumentTypeError } from '../errors.ts'
import { DEFAULT_PORT } from './limits.ts'

export interface HostAddress {
  /** Name or address, IPv6 without brackets. */
  readonly host: string
  /** 1–65535. */
  readonly port: number
}

/**
 * Reads 'host:port', 'host' (default port), '[::1]:port' or an object.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
 */
export function parseAddress(
  address: string | { readonly host: string; readonly port?: number },
): HostAddress {
  if (typeof address === 'object' && address !== null) {
    if (typeof address.host !== 'string') throw argumentTypeError('address.host must be a string')
    return checked(address.host, address.port ?? DEFAULT_PORT, `address.port`)
  }
  if (typeof address !== 'string') {
    throw argumentTypeError("address must be 'host:port' or { host, port }")
  }
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(address)
  if (match === null || (match[1] !== undefined && !isIPv6(match[1]))) {
    throw argumentRangeError(
      `address '${address}' must be 'host:port', with an IPv6 address in brackets: '[::1]:7471'`,
    )
  }
  const port = match[3] === undefined ? DEFAULT_PORT : Number(match[3])
  return checked((match[1] ?? match[2]) as string, port, `address '${address}': port`)
}

function checked(host: string, port: number, what: string): HostAddress {
  if (host.length === 0 || host.length > 255) {
    throw argumentRangeError('address: host must have 1 to 255 characters')
  }
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw argumentRangeError(`${what} must be an integer from 1 to 65535`)
  }
  return { host, port }
}

/** 'host:port', with an IPv6 address in brackets. */
export function formatAddress(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
}

/**
 * A socket's own address in the form that names a GID: a dual-stack socket reports IPv4 as
 * ::ffff:10.0.0.1, and link-local addresses carry a zone.
 */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return ''
  const withoutZone = address.split('%', 1)[0] as string
  return withoutZone.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
}
