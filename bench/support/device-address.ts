// Under which address the two processes of a bench meet. Over verbs it must be an address of the
// RDMA interface itself, because the session derives the GID from it.
import { UntornError } from '../../src/errors.ts'
import type { DeviceInfo } from '../../src/fabric/contract.ts'

export interface DeviceAddress {
  readonly address: string
  /** Index in the port's GID table; null on shared memory. */
  readonly gidIndex: number | null
}

const MAPPED_PREFIX = '::ffff:'

/**
 * The first IPv4 address among the GIDs of an active port; 127.0.0.1 on shared memory.
 * @throws UntornError ERR_UNTORN_NO_GID when no active port has one
 */
export function deviceAddress(info: DeviceInfo): DeviceAddress {
  if (info.provider !== 'verbs') return { address: '127.0.0.1', gidIndex: null }
  const mapped = info.ports
    .filter((port) => port.state === 'active')
    .flatMap((port) => port.gids)
    .filter((gid) => gid.address.startsWith(MAPPED_PREFIX))
  const chosen = mapped.find((gid) => gid.type === 'RoCE v2') ?? mapped[0]
  if (chosen === undefined) {
    throw new UntornError(
      'ERR_UNTORN_NO_GID',
      `no active port of ${info.name} has a GID with an IPv4 address, which the bench connects ` +
        'through; give the interface one (ip address add … dev …)',
    )
  }
  return { address: chosen.address.slice(MAPPED_PREFIX.length), gidIndex: chosen.index }
}
