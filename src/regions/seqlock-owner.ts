// The owner's handle of a published seqlock region.
import { argumentTypeError } from '../errors.ts'
import type { SeqlockOwner as Writer, SeqlockWriteToken } from '../protocols/seqlock/index.ts'
import { RegionOwner } from './region-owner.ts'

/** Writes a region in place. Its versions are even, 2 after publication. */
export class SeqlockOwner extends RegionOwner<Writer> {
  /**
   * Publishes a whole payload of exactly `byteLength` bytes; returns its version. Local stores only.
   * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT; nothing was stored
   * @throws UntornError ERR_UNTORN_BUSY while another write is in progress, ERR_UNTORN_CLOSED
   */
  write(bytes: Uint8Array): number {
    const version = this.writer().write(bytes)
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
   * Begins a write in place; its token takes the stores (`token.copyIn(offset, bytes)`) and is
   * ended once, by `writeEnd` or `writeAbort`. Readers retry meanwhile, so keep it short.
   * @throws UntornError ERR_UNTORN_BUSY when a token is out already, ERR_UNTORN_CLOSED
   */
  writeBegin(): SeqlockWriteToken {
    return this.writer().writeBegin()
  }

  /**
   * Publishes what the token stored; returns the version.
   * @throws UntornError ERR_UNTORN_CLOSED when the token has ended
   */
  writeEnd(token: SeqlockWriteToken): number {
    const version = this.writer().writeEnd(token)
    this.published()
    return version
  }

  /**
   * Ends the token's write without its effect. Strategies that write in place publish the old
   * payload again, under a new version.
   * @throws UntornError ERR_UNTORN_CLOSED when the token has ended
   */
  writeAbort(token: SeqlockWriteToken): void {
    this.writer().writeAbort(token)
    this.counters.aborts += 1
    this.watchers.published()
  }
}
