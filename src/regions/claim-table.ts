// One region's answers to all kinds of claims: each kind has its handler, and what has none is denied.
import { UntornError } from '../errors.ts'
import type { ClaimHandler, ClaimKind } from './contract.ts'

/** What a peer cannot claim, and what its region would have to offer. */
const wanting: Readonly<Record<ClaimKind, string>> = {
  pin: 'it grants no pins; option `readers` of rcuCell allows them',
  write: 'it takes no values from peers; option `writers` of rcuCell allows them',
  lock: 'it cannot be locked; lockedRegion makes regions that can',
  watch: 'its owner notifies nobody; watch without `notify`',
}

/** Sends each claim to the handler of its kind: `claimTable({ watch: watchers, pin: pins })`. */
export function claimTable(
  handlers: Readonly<Partial<Record<ClaimKind, ClaimHandler>>>,
): ClaimHandler {
  return {
    claim: (holder) => {
      const handler = handlers[holder.kind]
      if (handler !== undefined) return handler.claim(holder)
      const offered = Object.keys(handlers).join(', ') || 'nothing'
      const why = `${wanting[holder.kind]} (claims that it grants: ${offered})`
      throw new UntornError('ERR_UNTORN_DENIED', `the region refuses '${holder.kind}': ${why}`)
    },
    ended: (holder) => handlers[holder.kind]?.ended(holder),
  }
}
