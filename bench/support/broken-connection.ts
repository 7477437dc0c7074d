// Failures after which a bench goes on over another connection: rxe now and then loses an operation,
// or gives up after losing packets, while both processes are well. Anything else is the bench's end.
import { UntornError } from '../../src/errors.ts'

/** Connections of one measurement given up, after which it is not the network's mood any more. */
export const RECONNECTS_MAX = 5

const codes: ReadonlySet<string> = new Set([
  // An operation that never ends.
  'ERR_UNTORN_TIMEOUT',
  // The transport failed, and the session found the other side alive.
  'ERR_UNTORN_REMOTE',
])

export function breaksConnection(error: unknown): boolean {
  return error instanceof UntornError && codes.has(error.code)
}
