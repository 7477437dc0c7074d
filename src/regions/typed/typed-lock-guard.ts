// A held lock over a value. Invariant: it ends with its raw guard, once.
import type { Codec } from '../../codecs/codec.ts'
import type { AcquireOptions } from '../locked/acquire-lock.ts'
import type { LockGuard } from '../locked/lock-guard.ts'
import { decodeValue } from './decode-value.ts'
import { encodeValue } from './encode-value.ts'

/** The right to publish the next value. Made by `acquire` of a typed handle. */
export class TypedLockGuard<V> implements AsyncDisposable {
  readonly raw: LockGuard
  /** The version that was present when the lock was taken, and is until it is released. */
  readonly version: number
  /** The present value. */
  readonly value: V
  readonly #codec: Codec<V>

  /** @internal */
  constructor(codec: Codec<V>, raw: LockGuard) {
    this.#codec = codec
    this.raw = raw
    this.version = raw.version
    this.value = decodeValue(codec, raw.bytes, raw.version)
  }

  /** Whether the lock is still to be released here; false too when the owner has ended it. */
  get held(): boolean {
    return this.raw.held
  }

  /**
   * Publishes a value, by default the guard's own, and frees the lock. Resolves to the version.
   * @throws what the codec refuses the value with, at once; the lock is still held
   * @throws UntornError (rejects) as the raw guard's `release`
   */
  release(value: V = this.value): Promise<number> {
    const bytes = new Uint8Array(this.raw.bytes.length)
    encodeValue(this.#codec, value, bytes)
    return this.raw.release(bytes)
  }

  /** Frees the lock without a change, as the raw guard's `discard`. */
  discard(): Promise<number> {
    return this.raw.discard()
  }

  /** Discards, unless the guard has ended. Never rejects. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.raw[Symbol.asyncDispose]()
  }
}

interface Lockable {
  acquire(options?: AcquireOptions): Promise<LockGuard>
}

/** @throws as `acquire` of the raw handle; UntornError ERR_UNTORN_DECODE, and the lock is free again */
export async function acquireTyped<V>(
  codec: Codec<V>,
  raw: Lockable,
  options: AcquireOptions | undefined,
): Promise<TypedLockGuard<V>> {
  const guard = await raw.acquire(options)
  try {
    return new TypedLockGuard(codec, guard)
  } catch (error) {
    await guard[Symbol.asyncDispose]()
    throw error
  }
}
