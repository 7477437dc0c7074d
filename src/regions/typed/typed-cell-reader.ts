// The typed reader of an RCU cell, which may also replace its value. Guards are those of the raw handle:
// `reader.decode(await guard.load())` is a value that was pinned.
import type { RcuCellReader } from '../cell/cell-reader.ts'
import { argumentTypeError } from '../../errors.ts'
import type { WholeReadOptions } from '../read-options.ts'
import { decodeValue } from './decode-value.ts'
import { encodeObject } from './encode-object.ts'
import { TypedReader } from './typed-reader.ts'

export class TypedRcuCellReader<V> extends TypedReader<V, RcuCellReader> {
  /**
   * Publishes `value` if `expectedVersion` is the present version; resolves to the new version, or to
   * undefined when it is not, and nothing was changed.
   * @throws what the codec refuses the value with, and as the raw handle's `compareAndSwap`
   */
  async compareAndSwap(
    expectedVersion: number,
    value: V,
    options?: WholeReadOptions,
  ): Promise<number | undefined> {
    return await this.raw.compareAndSwap(expectedVersion, encodeObject(this.codec, value), options)
  }

  /**
   * Publishes what `change` makes of the present value; when somebody else publishes meanwhile, it is
   * called again. Resolves to the version that was published. When it throws, nothing is.
   * @throws whatever `change` throws, and as the raw handle's `update`; UntornError ERR_UNTORN_DECODE
   */
  async update(change: (value: V) => V, options?: WholeReadOptions): Promise<number> {
    if (typeof change !== 'function') throw argumentTypeError('update needs a function')
    return await this.raw.update(
      (bytes) => encodeObject(this.codec, change(decodeValue(this.codec, bytes, this.version))),
      options,
    )
  }
}
