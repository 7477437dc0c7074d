// A holder of the locked region's lock: it updates, acquires and releases, acquires and discards, holds
// the lock for a while, now and then beyond its lease. Each publication is the payload after the one that
// it found, and is entered into the ledger if and only if the release says that it happened.
import { UntornError } from '../../../src/errors.ts'
import type { LockedReader } from '../../../src/regions/locked/locked-reader.ts'
import type { Peer } from '../../../src/session/index.ts'
import { Ledger } from '../ledger.ts'
import { PayloadCounter } from '../payload-counter.ts'
import { PeerSession } from '../peer-session.ts'
import { LOCK_LEASE_MS } from '../soak-regions.ts'
import { type Role, type RoleContext, pause } from './role.ts'

const TIMEOUT_MS = 5_000
const PAUSE_MS_MAX = 8
const HOLD_MS_MAX = 30
/** One acquisition in so many outstays its lease. */
const OVERSTAY_ONE_IN = 60

const ways = ['update', 'acquire and release', 'acquire and discard'] as const

export const holderRole: Role = async (context, ready) => {
  const { order, random, ending } = context
  const ledger = new Ledger(order.ledgerFolder, 'locked', order.id)
  const holding = new Holding(context, ledger)
  await using session = new PeerSession<LockedReader>(context, openLocked)
  ready(0)
  while (!ending.aborted) {
    if (random.oneIn(OVERSTAY_ONE_IN)) {
      await session.use('locked', 'overstayed lock', (region) => holding.overstay(region))
    } else {
      const way = ways[random.below(ways.length)] ?? 'update'
      await session.use('locked', way, (region) => holding[way](region))
    }
    await pause(random.below(PAUSE_MS_MAX + 1), ending)
  }
  ledger.close()
}

async function openLocked(peer: Peer, protocol: string): Promise<LockedReader> {
  if (protocol !== 'locked') throw new TypeError(`a holder of locks cannot open ${protocol}`)
  return await peer.open(protocol, { protocol, timeoutMs: TIMEOUT_MS })
}

class Holding {
  readonly #context: RoleContext
  readonly #ledger: Ledger
  readonly #counter = new PayloadCounter()

  constructor(context: RoleContext, ledger: Ledger) {
    this.#context = context
    this.#ledger = ledger
  }

  async update(region: LockedReader): Promise<void> {
    const version = await region.update((bytes) => bytes.set(this.#counter.next(bytes)), {
      timeoutMs: TIMEOUT_MS,
    })
    this.#ledger.enter(region.generation, this.#counter.number, version)
  }

  async 'acquire and release'(region: LockedReader): Promise<void> {
    const { random, ending } = this.#context
    await using guard = await region.acquire({ timeoutMs: TIMEOUT_MS })
    await pause(random.below(HOLD_MS_MAX), ending)
    const version = await guard.release(this.#counter.next(guard.bytes))
    this.#ledger.enter(region.generation, this.#counter.number, version)
  }

  async 'acquire and discard'(region: LockedReader): Promise<void> {
    const { random, ending } = this.#context
    await using guard = await region.acquire({ timeoutMs: TIMEOUT_MS })
    await pause(random.below(HOLD_MS_MAX), ending)
    await guard.discard()
  }

  /**
   * Holds the lock beyond its lease: the owner takes it back, unless it is stopped itself, or dead. Either
   * way the release has to tell the truth, which the ledger shows.
   */
  async overstay(region: LockedReader): Promise<void> {
    const { ending } = this.#context
    await using guard = await region.acquire({ timeoutMs: TIMEOUT_MS })
    const next = this.#counter.next(guard.bytes)
    await pause(2 * LOCK_LEASE_MS, ending)
    if (ending.aborted) return
    try {
      const version = await guard.release(next)
      this.#ledger.enter(region.generation, this.#counter.number, version)
    } catch (error) {
      const evicted = error instanceof UntornError && error.code === 'ERR_UNTORN_EVICTED'
      if (!evicted) throw error
    }
  }
}
