// The typed owner of a locked region.
import type { AcquireOptions } from '../locked/acquire-lock.ts'
import type { LockedOwner, LockedOwnerStatistics } from '../locked/locked-owner.ts'
import { type TypedLockGuard, acquireTyped } from './typed-lock-guard.ts'
import { TypedOwner } from './typed-owner.ts'
import { updateLocked } from './update-locked.ts'

export class TypedLockedOwner<V> extends TypedOwner<V, LockedOwner> {
  override get statistics(): LockedOwnerStatistics {
    return this.raw.statistics
  }

  /**
   * Takes the lock: as the raw handle's `acquire`, over a value.
   * @throws as it; UntornError (rejects) ERR_UNTORN_DECODE
   */
  acquire(options?: AcquireOptions): Promise<TypedLockGuard<V>> {
    return acquireTyped(this.codec, this.raw, options)
  }

  /**
   * Takes the lock and publishes what `change` makes of the present value; the lock is held until a
   * promise of it settles. When it throws, the value stays. Resolves to the version published.
   * @throws whatever `change` throws, and as `acquire` and the guard's `release`
   */
  update(change: (value: V) => V | PromiseLike<V>, options?: AcquireOptions): Promise<number> {
    return updateLocked(this.codec, this.raw, change, options)
  }
}
