// Waiting for another process at memory: spins, since an iteration is over within a microsecond, and
// naps when that does not help, since there may be fewer cores than processes. Invariant: every wait
// has an end.
import { UntornError } from '../../src/errors.ts'

/** After so long the other process is dead, or an operation is lost; both happen over rxe. */
const WAIT_MS_MAX = 5_000
const LOOKS_PER_CLOCK = 64
const NAP_MS = 0.05

const nothing: Int32Array = new Int32Array(new SharedArrayBuffer(4))

/**
 * Looks until it is so.
 * @param spins looks before the first nap
 * @throws UntornError ERR_UNTORN_TIMEOUT
 */
export function waitUntil(isSo: () => boolean, spins: number, what: string): void {
  for (let look = 0; look < spins; look += 1) {
    if (isSo()) return
  }
  const endMs = performance.now() + WAIT_MS_MAX
  for (let look = 1; !isSo(); look += 1) {
    Atomics.wait(nothing, 0, 0, NAP_MS)
    if (look % LOOKS_PER_CLOCK === 0 && performance.now() > endMs) {
      throw new UntornError('ERR_UNTORN_TIMEOUT', `${what} took more than ${WAIT_MS_MAX} ms`)
    }
  }
}
