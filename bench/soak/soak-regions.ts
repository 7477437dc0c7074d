// The regions of a soak: one of each protocol, under the names of the protocols.
import type { ProtocolName } from '../../src/regions/contract.ts'
import type { RoleName } from './soak-messages.ts'

export const PAYLOAD_BYTES = 4096

/** Shorter than the longest stops: holders are evicted. */
export const LOCK_LEASE_MS = 400

/** Protocols whose regions a soak publishes. */
export const soakProtocols: readonly ProtocolName[] = [
  'seqlock',
  'versioned-slots',
  'rcu-cell',
  'locked',
]

/** Number of the payload that an owner publishes as `version`, see PayloadOracle. */
export function payloadNumber(version: number): number {
  return version % 2 ** 32
}

/** How payload numbers follow from versions, see SnapshotWitness. */
export function numberingOf(protocol: ProtocolName): 'version' | 'counter' {
  return protocol === 'locked' || protocol === 'rcu-cell' ? 'counter' : 'version'
}

/** How many actors each role has. */
export function castOf(): Readonly<Record<RoleName, number>> {
  const has = (protocol: ProtocolName): boolean => soakProtocols.includes(protocol)
  return {
    owner: 1,
    reader: 2,
    pinner: has('rcu-cell') ? 1 : 0,
    holder: has('locked') ? 2 : 0,
    writer: has('rcu-cell') ? 1 : 0,
  }
}
