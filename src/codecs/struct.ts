// Objects of named fields in a fixed layout, like a C struct of a 64-bit machine: fields in the order
// in which they are written down, each at the next multiple of its alignment, the whole padded to a
// multiple of the largest one. Invariant: padding is zero, so that equal values are equal bytes.
import { argumentTypeError } from '../errors.ts'
import type { FixedCodec, ValueOf } from './codec.ts'
import { named } from './field-error.ts'
import { fixedCodec } from './fixed-codec.ts'

/** Fields by name. */
export type Fields = Readonly<Record<string, FixedCodec<unknown>>>

/** The values of a struct with these fields. */
export type StructValue<F extends Fields> = { -readonly [K in keyof F]: ValueOf<F[K]> }

interface Place {
  readonly name: string
  readonly offset: number
  readonly codec: FixedCodec<unknown>
  /** Where the padding before it begins. */
  readonly paddingStart: number
}

/** Others would move: integer-like keys come first in an object. */
const namePattern = /^[A-Za-z_$][\w$]*$/

/**
 * Objects with these fields: `struct({ bid: f64, ask: f64, at: u64 })`. Structs, arrays and texts can
 * be fields as well.
 * @throws TypeError ERR_UNTORN_ARGUMENT
 */
export function struct<const F extends Fields>(fields: F): FixedCodec<StructValue<F>> {
  const { places, end, alignment } = placesOf(fields)
  const byteLength = padded(end, alignment)
  const listed = places.map(({ name, offset, codec }) => `${name}:${codec.fingerprint}@${offset}`)
  return fixedCodec<StructValue<F>>({
    byteLength,
    alignment,
    fingerprint: `{${listed.join(',')};${byteLength}}`,
    read: (view, at) => {
      const value: Record<string, unknown> = {}
      for (const { name, offset, codec } of places) {
        try {
          value[name] = codec.read(view, at + offset)
        } catch (error) {
          throw named(name, error)
        }
      }
      return value as StructValue<F>
    },
    write: (view, at, value) => {
      if (typeof value !== 'object' || value === null) {
        throw argumentTypeError(`a struct is an object { ${Object.keys(fields).join(', ')} }`)
      }
      for (const { name, offset, codec, paddingStart } of places) {
        clear(view, at + paddingStart, at + offset)
        try {
          codec.write(view, at + offset, value[name])
        } catch (error) {
          throw named(name, error)
        }
      }
      clear(view, at + end, at + byteLength)
    },
  })
}

function placesOf(fields: Fields): { places: Place[]; end: number; alignment: number } {
  if (typeof fields !== 'object' || fields === null) {
    throw argumentTypeError('struct needs an object of fields { name: codec }')
  }
  const places: Place[] = []
  let end = 0
  let alignment = 1
  for (const [name, codec] of Object.entries(fields)) {
    checkField(name, codec)
    const offset = padded(end, codec.alignment)
    places.push({ name, offset, codec, paddingStart: end })
    end = offset + codec.byteLength
    alignment = Math.max(alignment, codec.alignment)
  }
  if (places.length === 0) throw argumentTypeError('a struct has one field at least')
  return { places, end, alignment }
}

function checkField(name: string, codec: FixedCodec<unknown>): void {
  if (!namePattern.test(name) || name === '__proto__') {
    throw argumentTypeError(`'${name}' is no name of a field: letters, digits, _ and $`)
  }
  if (typeof (codec as Partial<typeof codec> | null)?.alignment !== 'number') {
    throw argumentTypeError(`field ${name} needs a codec of fixed size, such as f64`)
  }
}

function padded(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment
}

function clear(view: DataView, start: number, end: number): void {
  for (let at = start; at < end; at += 1) view.setUint8(at, 0)
}
