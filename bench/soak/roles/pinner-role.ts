// A reader of the cell that pins: it takes guards, keeps some for a while and renews them, reads objects
// whole and in parts, and lets go. What a live guard shows has to stay what it was, whatever is published;
// a guard that has died has to say so.
import { UntornError } from '../../../src/errors.ts'
import type { RcuCellGuard, RcuCellObject } from '../../../src/regions/cell/cell-guard.ts'
import type { RcuCellReader } from '../../../src/regions/cell/cell-reader.ts'
import type { Peer } from '../../../src/session/index.ts'
import { PeerSession } from '../peer-session.ts'
import { SnapshotWitness } from '../snapshot-witness.ts'
import { PAYLOAD_BYTES } from '../soak-regions.ts'
import { type Role, type RoleContext, pause } from './role.ts'

const TIMEOUT_MS = 5_000
/** Looks at one object under one guard, at most. */
const LOOKS_MAX = 6
const PAUSE_MS_MAX = 40
/** One guard in so many is kept until its lease has run out. */
const OVERSTAY_ONE_IN = 40
const PARTS = 4

export const pinnerRole: Role = async (context, ready) => {
  const { random, ending } = context
  const pinning = new Pinning(context)
  await using session = new PeerSession<RcuCellReader>(context, openCell)
  ready(0)
  while (!ending.aborted) {
    const overstays = random.oneIn(OVERSTAY_ONE_IN)
    await session.use('rcu-cell', overstays ? 'overstayed pin' : 'pin', async (reader) => {
      using guard = await reader.pin()
      await pinning.under(reader, guard)
      if (overstays) await pinning.overstay(guard)
    })
    await pause(random.below(PAUSE_MS_MAX), ending)
  }
}

async function openCell(peer: Peer, protocol: string): Promise<RcuCellReader> {
  if (protocol !== 'rcu-cell') throw new TypeError(`a pinner of cells cannot open ${protocol}`)
  return await peer.open(protocol, { protocol, timeoutMs: TIMEOUT_MS })
}

class Pinning {
  readonly #context: RoleContext
  readonly #witness: SnapshotWitness
  #generation = 0

  constructor(context: RoleContext) {
    this.#context = context
    this.#witness = new SnapshotWitness('rcu-cell', 'counter', context.journal)
  }

  /** Looks at the guarded object again and again, with pauses in which it is replaced. */
  async under(reader: RcuCellReader, guard: RcuCellGuard): Promise<void> {
    const { random, ending } = this.#context
    if (reader.generation !== this.#generation) {
      this.#generation = reader.generation
      this.#witness.renew()
    }
    const object = guard.current()
    this.#witness.check(object.version, await object.read(), 'a pinned read')
    for (let looks = random.below(LOOKS_MAX); looks > 0 && !ending.aborted; looks -= 1) {
      await pause(random.below(PAUSE_MS_MAX), ending)
      if (random.oneIn(2)) await guard.renew()
      this.#witness.check(object.version, await inParts(object), 'a pinned read in parts')
    }
    const { version, bytes } = await guard.load()
    this.#witness.check(version, bytes, 'a pinned load')
  }

  /** Keeps a guard beyond its lease: it must not read any more. */
  async overstay(guard: RcuCellGuard): Promise<void> {
    const { ending, journal } = this.#context
    const object = guard.current()
    // Timers know whole milliseconds, and fire up to one too early.
    while (guard.remainingMs() > 0 && !ending.aborted) {
      await pause(guard.remainingMs() + 1, ending)
    }
    if (ending.aborted) return
    try {
      await object.read()
      journal.violated('rcu-cell: a guard read after its lease had run out')
    } catch (error) {
      const expired = error instanceof UntornError && error.code === 'ERR_UNTORN_LEASE_EXPIRED'
      if (!expired) throw error
    }
  }
}

async function inParts(object: RcuCellObject): Promise<Uint8Array> {
  const bytes = new Uint8Array(object.byteLength)
  const length = Math.ceil(PAYLOAD_BYTES / PARTS)
  for (let offset = 0; offset < bytes.length; offset += length) {
    bytes.set(await object.read(offset, Math.min(length, bytes.length - offset)), offset)
  }
  return bytes
}
