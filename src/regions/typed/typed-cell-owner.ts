// The typed owner of an RCU cell: each version is a value, as long as it is.
import type { RcuCellOwner } from '../cell/cell-owner.ts'
import type { CellOwnerStatistics } from '../cell/cell-statistics.ts'
import { argumentTypeError } from '../../errors.ts'
import { decodeValue } from './decode-value.ts'
import { encodeObject } from './encode-object.ts'
import { TypedOwner } from './typed-owner.ts'
import type { TypedSnapshot } from './typed-snapshot.ts'

export class TypedRcuCellOwner<V> extends TypedOwner<V, RcuCellOwner> {
  override get statistics(): CellOwnerStatistics {
    return this.raw.statistics
  }

  /**
   * The present value.
   * @throws as the raw handle's `load`; UntornError ERR_UNTORN_DECODE
   */
  load(): TypedSnapshot<V> {
    const { version, bytes } = this.raw.load()
    return { version, value: decodeValue(this.codec, bytes, version) }
  }

  /**
   * Publishes a value as the next version, which is returned.
   * @throws what the codec refuses the value with, and as the raw handle's `store`; nothing was changed
   */
  store(value: V): number {
    return this.raw.store(encodeObject(this.codec, value))
  }

  /**
   * As `store`; the value that was replaced, and its version.
   * @throws as `store`; UntornError ERR_UNTORN_DECODE, and the new value is published all the same
   */
  swap(value: V): TypedSnapshot<V> {
    const { version, bytes } = this.raw.swap(encodeObject(this.codec, value))
    return { version, value: decodeValue(this.codec, bytes, version) }
  }

  /**
   * As `store`, if `expectedVersion` is the present one; otherwise undefined, and nothing was changed.
   * @throws as `store`
   */
  compareAndSwap(expectedVersion: number, value: V): number | undefined {
    return this.raw.compareAndSwap(expectedVersion, encodeObject(this.codec, value))
  }

  /**
   * Publishes what `change` makes of the present value; where peers write, too, it may be called several
   * times. When it throws, nothing is published.
   * @throws whatever `change` throws, and as `store`; UntornError ERR_UNTORN_DECODE
   */
  update(change: (value: V) => V): number {
    if (typeof change !== 'function') throw argumentTypeError('update needs a function')
    return this.raw.update((bytes) =>
      encodeObject(this.codec, change(decodeValue(this.codec, bytes, this.version))),
    )
  }
}
