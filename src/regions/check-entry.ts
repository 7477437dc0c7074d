// Checks of catalogue entries that every protocol's opener makes. What an entry says came from
// another process: every number of it is checked before memory is sized or addressed by it.
import { UntornError } from '../errors.ts'
import { PAYLOAD_BYTES_MAX } from '../protocols/seqlock/index.ts'
import type { CatalogueEntry, ProtocolName, Strategy } from './contract.ts'

/** What the caller says that the region must be. */
export interface WantedEntry {
  /** Payload bytes. Default: any. */
  readonly bytes?: number
  /** Strategy. Default: any that is sound here. */
  readonly strategy?: Strategy
}

/** What the keys of every protocol's layout are made of. */
export interface EntryShape {
  readonly payloadBytes: number
  readonly generation: number
  readonly hashKey: bigint
}

/** @throws UntornError ERR_UNTORN_LAYOUT_MISMATCH unless `holds` */
export function assertMatch(entry: CatalogueEntry, holds: boolean, what: string): void {
  if (holds) return
  throw new UntornError('ERR_UNTORN_LAYOUT_MISMATCH', `region "${entry.name}" ${what}`)
}

/**
 * Protocol and strategy, the first of all checks: they say how to read the others.
 * @throws UntornError ERR_UNTORN_LAYOUT_MISMATCH that says how to open the region instead
 */
export function assertProtocol(
  entry: CatalogueEntry,
  protocol: ProtocolName,
  strategies: readonly Strategy[],
): void {
  const remedy = `open it with { protocol: '${entry.protocol}' }`
  const what = `has protocol "${entry.protocol}", not "${protocol}": ${remedy}`
  assertMatch(entry, entry.protocol === protocol, what)
  assertMatch(entry, strategies.includes(entry.strategy), `has strategy "${entry.strategy}"`)
}

/**
 * What every entry has, whatever its protocol.
 * @param layoutVersion, regionBytes of the layout that this library reads
 * @throws UntornError ERR_UNTORN_LAYOUT_MISMATCH
 */
export function checkShape(
  entry: CatalogueEntry,
  layoutVersion: number,
  regionBytes: (payloadBytes: number) => number,
  wanted: WantedEntry,
): EntryShape {
  const { capacityBytes, generation, hashKey, strategy } = entry
  assertMatch(
    entry,
    entry.layoutVersion === layoutVersion,
    `has layout version ${entry.layoutVersion}, this library reads ${layoutVersion}`,
  )
  const sized =
    Number.isInteger(capacityBytes) && capacityBytes >= 1 && capacityBytes <= PAYLOAD_BYTES_MAX
  assertMatch(entry, sized, `claims ${capacityBytes} payload bytes`)
  assertMatch(
    entry,
    entry.region.lengthBytes >= regionBytes(capacityBytes),
    `has ${entry.region.lengthBytes} bytes, too few for ${capacityBytes} of payload`,
  )
  const born = Number.isSafeInteger(generation) && generation > 0
  assertMatch(entry, born, `has generation ${generation}`)
  const keyed = /^[0-9a-f]{1,16}$/i.test(hashKey) && !/^0+$/.test(hashKey)
  assertMatch(entry, keyed, 'has no usable hash key')
  assertMatch(entry, entry.rights.includes('read'), 'may not be read by this peer')
  const { bytes = capacityBytes, strategy: wantedStrategy = strategy } = wanted
  assertMatch(entry, bytes === capacityBytes, `has ${capacityBytes} payload bytes, not ${bytes}`)
  assertMatch(
    entry,
    wantedStrategy === strategy,
    `has strategy "${strategy}", not "${wantedStrategy}"`,
  )
  return { payloadBytes: capacityBytes, generation, hashKey: BigInt(`0x${hashKey}`) }
}

/**
 * A number of the protocol's own layout.
 * @throws UntornError ERR_UNTORN_LAYOUT_MISMATCH when it is absent or no integer from `low` to `high`
 */
export function parameterOf(
  entry: CatalogueEntry,
  name: string,
  low: number,
  high: number,
): number {
  const value = Object.hasOwn(entry.parameters, name) ? entry.parameters[name] : undefined
  const fits = Number.isSafeInteger(value) && (value as number) >= low && (value as number) <= high
  assertMatch(entry, fits, `has ${name} ${String(value)}, not an integer from ${low} to ${high}`)
  return value as number
}
