// How long pins last. Invariant: an owner waits longer for a pin than its reader relies on it.
import { argumentRangeError } from '../../errors.ts'

/** How long pins last. Milliseconds. */
export interface LeaseTerms {
  /** How long a reader may rely on a pin that it does not renew. */
  readonly leaseMs: number
  /** How much longer the owner waits: more than the clocks of two hosts differ by within a lease. */
  readonly slackMs: number
}

export const LEASE_MS_DEFAULT = 1000
/** A tenth of the lease pays for clocks of which one runs a tenth faster. */
const SLACK_SHARE = 0.1

/**
 * Terms with their defaults.
 * @throws RangeError ERR_UNTORN_ARGUMENT
 */
export function leaseTerms(options: Partial<LeaseTerms>): LeaseTerms {
  const { leaseMs = LEASE_MS_DEFAULT, slackMs = leaseMs * SLACK_SHARE } = options
  if (!(leaseMs > 0 && Number.isFinite(leaseMs) && slackMs > 0 && Number.isFinite(slackMs))) {
    throw argumentRangeError(`lease and slack are milliseconds above 0, not ${leaseMs}, ${slackMs}`)
  }
  return { leaseMs, slackMs }
}
