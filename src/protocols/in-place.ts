// What a function that changes a payload in place must not return. Invariant: what would not be published
// is refused, before anything is.
import { argumentTypeError } from '../errors.ts'

/**
 * @param result what the function returned for `payload`, a copy of the caller's own
 * @throws TypeError ERR_UNTORN_ARGUMENT when it is a promise, or bytes that are not those of `payload`
 */
export function assertInPlace(result: unknown, payload: Uint8Array): void {
  if (typeof (result as PromiseLike<unknown> | null | undefined)?.then === 'function') {
    throw argumentTypeError('this needs a synchronous function, and got one with a promise')
  }
  if (result instanceof Uint8Array && result.buffer !== payload.buffer) {
    throw argumentTypeError(
      'the function changes the bytes that it gets; those that it returned would be lost',
    )
  }
}
