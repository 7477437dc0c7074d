// The typed owner of a versioned-slots region.
import type { VersionedSlotsOwner } from '../slots/slots-owner.ts'
import { TypedPayloadOwner } from './typed-payload-owner.ts'

export class TypedVersionedSlotsOwner<V> extends TypedPayloadOwner<V, VersionedSlotsOwner> {
  /**
   * Publishes a value; returns its version. Local stores only.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT, or what another codec refuses the value with;
   *   nothing was stored
   * @throws UntornError ERR_UNTORN_BUSY while a loan is out, ERR_UNTORN_CLOSED
   */
  publish(value: V): number {
    return this.raw.publish(this.encoded(value))
  }
}
