// A remote writer of the cell: each update replaces the object that it found by the next one, and enters
// into its ledger what it published.
import type { RcuCellReader } from '../../../src/regions/cell/cell-reader.ts'
import type { Peer } from '../../../src/session/index.ts'
import { Ledger } from '../ledger.ts'
import { PayloadCounter } from '../payload-counter.ts'
import { PeerSession } from '../peer-session.ts'
import { type Role, pause } from './role.ts'

const TIMEOUT_MS = 5_000
const PAUSE_MS_MAX = 6

export const writerRole: Role = async (context, ready) => {
  const { order, random, ending } = context
  const ledger = new Ledger(order.ledgerFolder, 'rcu-cell', order.id)
  const counter = new PayloadCounter()
  await using session = new PeerSession<RcuCellReader>(context, openCell)
  ready(0)
  while (!ending.aborted) {
    await session.use('rcu-cell', 'remote update', async (cell) => {
      const version = await cell.update((found) => counter.next(found))
      ledger.enter(cell.generation, counter.number, version)
    })
    await pause(random.below(PAUSE_MS_MAX + 1), ending)
  }
  ledger.close()
}

async function openCell(peer: Peer, protocol: string): Promise<RcuCellReader> {
  if (protocol !== 'rcu-cell') throw new TypeError(`a writer of cells cannot open ${protocol}`)
  return await peer.open(protocol, { protocol, timeoutMs: TIMEOUT_MS })
}
