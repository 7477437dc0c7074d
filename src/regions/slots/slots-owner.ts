// The owner's handle of a published versioned-slots region. Invariant: whatever it is called for, no
// reader holds it up.
import { argumentTypeError } from '../../errors.ts'
import type { SlotsLoan, SlotsOwner as Writer } from '../../protocols/slots/index.ts'
import { RegionOwner } from '../region-owner.ts'

/** Publishes versions 1, 2, 3 …, each into the slot that no reader of the present one looks at. */
export class VersionedSlotsOwner extends RegionOwner<Writer> {
  /** Versions that the region has room for; one less stay readable while another one is written. */
  get slots(): number {
    return this.entry.parameters['slotCount'] ?? 0
  }

  /**
   * Publishes a whole payload of exactly `byteLength` bytes; returns its version. Local stores only.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT; nothing was stored
   * @throws UntornError ERR_UNTORN_BUSY while a loan is out, ERR_UNTORN_CLOSED
   */
  publish(bytes: Uint8Array): number {
    const version = this.writer().publish(bytes)
    this.published()
    return version
  }

  /**
   * Computes the next payload from the present one: `change` gets a private copy, valid during the
   * call, and what it leaves there is published. When it throws, nothing was stored.
   * @throws whatever `change` throws; TypeError ERR_UNTORN_ARGUMENT when it returns a promise or other bytes
   * @throws UntornError ERR_UNTORN_BUSY, ERR_UNTORN_CLOSED
   */
  update(change: (payload: Uint8Array) => void): number {
    if (typeof change !== 'function') {
      throw argumentTypeError('update needs a function')
    }
    return this.counted((entered) =>
      this.writer().update((payload) => {
        entered()
        return change(payload)
      }),
    )
  }

  /**
   * Lends the slot of the next version, to be filled where readers will find it: `loan.fill` and
   * `loan.copyIn` store into it, `loan.publish` publishes it, `loan.discard` gives it back. It may be
   * kept for as long as its holder likes: readers go on with the present version. One at a time.
   * @throws UntornError ERR_UNTORN_BUSY, ERR_UNTORN_CLOSED
   */
  loan(): SlotsLoan {
    return this.writer().loan(this.#ended)
  }

  readonly #ended = (published: boolean): void => {
    if (published) this.published()
    else this.counters.aborts += 1
  }
}
