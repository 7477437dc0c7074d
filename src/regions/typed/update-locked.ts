// A value changed under its lock.
import type { Codec } from '../../codecs/codec.ts'
import { argumentTypeError } from '../../errors.ts'
import type { AcquireOptions } from '../locked/acquire-lock.ts'
import type { LockGuard } from '../locked/lock-guard.ts'
import { decodeValue } from './decode-value.ts'
import { encodeValue } from './encode-value.ts'

interface Lockable {
  update(
    change: (bytes: Uint8Array, guard: LockGuard) => Promise<void>,
    options?: AcquireOptions,
  ): Promise<number>
}

/** @throws as `update` of the typed handles */
export async function updateLocked<V>(
  codec: Codec<V>,
  raw: Lockable,
  change: (value: V) => V | PromiseLike<V>,
  options: AcquireOptions | undefined,
): Promise<number> {
  if (typeof change !== 'function') throw argumentTypeError('update needs a function')
  return await raw.update(async (bytes, { version }) => {
    encodeValue(codec, await change(decodeValue(codec, bytes, version)), bytes)
  }, options)
}
