// Arrays of one length, item beside item.
import { argumentRangeError, argumentTypeError } from '../errors.ts'
import type { FixedCodec } from './codec.ts'
import { named } from './field-error.ts'
import { fixedCodec } from './fixed-codec.ts'

/** Beyond what a region holds. */
const LENGTH_MAX = 2 ** 30

/**
 * Arrays of exactly `length` items.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
 */
export function array<V>(item: FixedCodec<V>, length: number): FixedCodec<readonly V[]> {
  if (typeof (item as Partial<typeof item> | null)?.alignment !== 'number') {
    throw argumentTypeError('the items of an array need a codec of fixed size, such as f64')
  }
  if (!Number.isInteger(length) || length < 1 || length > LENGTH_MAX) {
    throw argumentRangeError(`length must be an integer from 1 to ${LENGTH_MAX}; got ${length}`)
  }
  const stride = item.byteLength
  return fixedCodec<readonly V[]>({
    byteLength: length * stride,
    alignment: item.alignment,
    fingerprint: `[${length}]${item.fingerprint}`,
    read: (view, at) => {
      const values = new Array<V>(length)
      for (let index = 0; index < length; index += 1) {
        try {
          values[index] = item.read(view, at + index * stride)
        } catch (error) {
          throw named(String(index), error)
        }
      }
      return values
    },
    write: (view, at, values) => {
      if (!Array.isArray(values)) throw argumentTypeError(`an array of ${length} items is needed`)
      if (values.length !== length) {
        throw argumentRangeError(`there are ${values.length} items, not ${length}`)
      }
      for (let index = 0; index < length; index += 1) {
        try {
          item.write(view, at + index * stride, values[index] as V)
        } catch (error) {
          throw named(String(index), error)
        }
      }
    },
  })
}
