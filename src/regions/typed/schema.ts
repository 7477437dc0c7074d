// What a catalogue says of a region's codec: 16 digits, the hash of its fingerprint. Invariant: a value is
// only ever decoded by a codec whose fingerprint is that of the owner's.
import type { Codec } from '../../codecs/codec.ts'
import { UntornError, argumentTypeError } from '../../errors.ts'
import type { CatalogueEntry } from '../contract.ts'
import { preparedHash } from '../kernels.ts'

/** Of nothing else is it a hash. */
const SCHEMA_SEED = 0x756e_746f_726e_3031n
const SHOWN_CHARACTERS_MAX = 300
const REMEMBERED_MAX = 256

/** Fingerprints that this process has met, by schema: for messages that name both. */
const remembered = new Map<string, string>()
const encoder = new TextEncoder()

/** @throws TypeError ERR_UNTORN_ARGUMENT */
export function assertCodec(codec: unknown): asserts codec is Codec<unknown> {
  const { byteLength, decode, encode, fingerprint } = (codec ?? {}) as Partial<Codec<unknown>>
  const whole =
    Number.isInteger(byteLength) &&
    typeof fingerprint === 'string' &&
    typeof encode === 'function' &&
    typeof decode === 'function'
  if (whole) return
  throw argumentTypeError('codec must have byteLength, fingerprint, encode and decode')
}

/** What the catalogue says of regions with this codec. After `prepareRegions`. */
export function schemaOf({ fingerprint }: Codec<unknown>): string {
  const hash = preparedHash()(encoder.encode(fingerprint), SCHEMA_SEED)
  const schema = hash.toString(16).padStart(16, '0')
  if (remembered.size < REMEMBERED_MAX) remembered.set(schema, fingerprint)
  return schema
}

/**
 * Refuses regions that another codec's owner publishes, or one without.
 * @throws UntornError ERR_UNTORN_LAYOUT_MISMATCH
 */
export function assertSchema(entry: CatalogueEntry, codec: Codec<unknown>): void {
  const { capacityBytes, name, schema } = entry
  const wanted = schemaOf(codec)
  const mismatch = (what: string): UntornError =>
    new UntornError(
      'ERR_UNTORN_LAYOUT_MISMATCH',
      `region "${name}" ${what}; the codec is ${wanted} (${shown(codec.fingerprint)})`,
    )
  if (schema === '') throw mismatch('is published without a codec')
  if (schema !== wanted) {
    const known = remembered.get(schema)
    const theirs = known === undefined ? 'which this process has not met' : shown(known)
    throw mismatch(`has values of schema ${schema} (${theirs})`)
  }
  if (capacityBytes < codec.byteLength) {
    throw mismatch(`has ${capacityBytes} bytes, too few for values of ${codec.byteLength}`)
  }
}

function shown(fingerprint: string): string {
  if (fingerprint.length <= SHOWN_CHARACTERS_MAX) return fingerprint
  return `${fingerprint.slice(0, SHOWN_CHARACTERS_MAX)}…`
}
