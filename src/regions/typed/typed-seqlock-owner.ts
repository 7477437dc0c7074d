// The typed owner of a seqlock region.
import type { SeqlockOwner } from '../seqlock-owner.ts'
import { TypedPayloadOwner } from './typed-payload-owner.ts'

export class TypedSeqlockOwner<V> extends TypedPayloadOwner<V, SeqlockOwner> {
  /**
   * Publishes a value; returns its version. Local stores only.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT, or what another codec refuses the value with;
   *   nothing was stored
   * @throws UntornError ERR_UNTORN_BUSY while another write is in progress, ERR_UNTORN_CLOSED
   */
  write(value: V): number {
    return this.raw.write(this.encoded(value))
  }
}
