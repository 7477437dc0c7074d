// A reader's row, as long as the claim that it came by lasts: who pins, renews and releases it. Invariants:
// all WRITEs of the row are posted to one queue pair, in the order in which `row` counts them; when a
// chain with one of them fails, or the claim ends, all guards are dead.
import { UntornError } from '../../errors.ts'
import { Status } from '../../fabric/status.ts'
import {
  type CellShape,
  PinnedObjectReader,
  PinnedReader,
  ReaderRow,
  RowRelease,
  RowRenewal,
  UNIT_BYTES,
  rowOffset,
} from '../../protocols/cell/index.ts'
import type { MemoryKernels } from '../../protocols/local-memory.ts'
import { type RemoteMachine, Verdict } from '../../protocols/machine.ts'
import type { Claim } from '../contract.ts'
import type { Outcome } from '../drivers/attempt.ts'
import { attemptRemote, attemptRemoteSync } from '../drivers/remote.ts'
import { LoopTurns } from '../drivers/loop-turns.ts'
import type { ReadContext } from '../read-context.ts'
import type { WindowTarget } from '../window-sink.ts'
import { MachinePool, type MachineSlot } from './machine-pool.ts'
import { readerClock } from './reader-clock.ts'

export interface PinSeatParts {
  readonly context: ReadContext
  readonly shape: CellShape
  readonly kernels: MemoryKernels
  readonly claim: Claim
}

/** Longest lease that is believed. */
const LEASE_MS_MAX = 3_600_000

export class PinSeat {
  readonly row: ReaderRow
  readonly readers: MachinePool<PinnedReader>
  readonly parts: MachinePool<PinnedObjectReader>
  readonly turns: LoopTurns = new LoopTurns()
  readonly #renewals: MachinePool<RowRenewal>
  readonly #releases: MachinePool<RowRelease>
  readonly #context: ReadContext
  readonly #claim: Claim
  #renewing: Promise<void> | null = null

  /** @throws UntornError ERR_UNTORN_LAYOUT_MISMATCH when the grant makes no sense */
  constructor({ context, shape, kernels, claim }: PinSeatParts) {
    const { row, leaseMs } = checkedGrant(claim, shape)
    this.#context = context
    this.#claim = claim
    this.row = new ReaderRow(row, leaseMs)
    const { binding, windows } = claim
    const { device, queuePair, remoteHandle } = binding
    const target: WindowTarget = { queuePair, remoteHandle, windows }
    const pool = <M extends RemoteMachine>(create: () => M): MachinePool<M> =>
      new MachinePool(device, target, create)
    this.readers = pool(() => new PinnedReader(shape, kernels, this.row, readerClock))
    this.parts = pool(() => new PinnedObjectReader(shape, this.row, readerClock))
    this.#renewals = pool(() => new RowRenewal(shape, kernels, this.row, readerClock))
    this.#releases = pool(() => new RowRelease(shape, kernels, this.row))
    claim.onEnded = () => this.row.lapse()
  }

  /** Why the row is no longer this reader's. */
  get ended(): UntornError | undefined {
    return this.#claim.ended
  }

  /** One attempt of a machine of this seat. */
  attempt<M extends RemoteMachine>({ machine, sink }: MachineSlot<M>): Outcome | Promise<Outcome> {
    const { queuePair } = this.#claim.binding
    const { term } = this.row
    const outcome = attemptRemote(machine, sink, queuePair)
    if (typeof outcome === 'number') return this.#attempted(outcome, term)
    return outcome.then((end) => this.#attempted(end, term))
  }

  /** The same, spinning at most `budgetUs` for each chain; after -Status.Pending see `settle`. */
  attemptSync<M extends RemoteMachine>(
    { machine, sink }: MachineSlot<M>,
    budgetUs: number,
  ): Outcome {
    const { term } = this.row
    const { queuePair } = this.#claim.binding
    return this.#attempted(attemptRemoteSync(machine, sink, queuePair, budgetUs), term)
  }

  /** Resolves when the chain that the last `attemptSync` left in flight has ended. */
  settle(): Promise<number> {
    return this.#claim.binding.queuePair.settle()
  }

  /** What a chain that failed with a status means. */
  transportFailed(status: number): UntornError {
    return this.ended ?? this.#context.transportFailed(this.#claim.binding, status)
  }

  /** Whether guards of a term are alive. */
  holds(term: number): boolean {
    return this.ended === undefined && this.row.holds(term, readerClock())
  }

  /** Milliseconds that are left of the lease of a term. */
  remainingMs(term: number): number {
    const now = readerClock()
    const alive = this.ended === undefined && this.row.holds(term, now)
    return alive ? this.row.untilMs - now : 0
  }

  /**
   * Why guards of a term are dead.
   * @param what completes "… has run out"
   */
  deadError(): UntornError {
    if (this.ended !== undefined) return this.ended
    return new UntornError(
      'ERR_UNTORN_LEASE_EXPIRED',
      `the lease of ${this.row.leaseMs} ms has run out: what was pinned may have been reclaimed`,
    )
  }

  /** Ends a guard of a term. */
  drop(term: number): void {
    if (this.row.drop(term)) this.release()
  }

  /** Takes the pin away. Nobody waits: what is posted later on this queue pair comes later. */
  release(): void {
    if (this.ended !== undefined) return
    let slot: MachineSlot<RowRelease>
    try {
      slot = this.#releases.take()
    } catch {
      // Without memory to post it from, the owner waits for the lease.
      this.row.lapse()
      return
    }
    // Where there is no room to post it, the owner waits for the lease.
    const outcome = this.attempt(slot)
    this.#releases.give(slot, typeof outcome === 'number' ? null : outcome)
  }

  /**
   * Renews the pin, or begins a term. One at a time: who comes meanwhile joins.
   * @throws UntornError ERR_UNTORN_LEASE_EXPIRED, ERR_UNTORN_CLOSED, why the claim ended, ERR_UNTORN_REMOTE
   */
  renew(): Promise<void> {
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = null))
    return this.#renewing
  }

  /** Gives the memory back. Never rejects. */
  async close(): Promise<void> {
    const pools = [this.readers, this.parts, this.#renewals, this.#releases]
    await Promise.all(pools.map((pool) => pool.close()))
  }

  async #renew(): Promise<void> {
    if (this.ended !== undefined) throw this.ended
    const slot = this.#renewals.take()
    const outcome = this.attempt(slot)
    this.#renewals.give(slot, typeof outcome === 'number' ? null : outcome)
    const end = await outcome
    if (end === Verdict.Done) return
    if (end === Verdict.Expired) throw this.deadError()
    if (end === Verdict.Closed) {
      const { name } = this.#context.entry
      throw new UntornError('ERR_UNTORN_CLOSED', `the owner closed region "${name}"`)
    }
    throw this.transportFailed(-end)
  }

  /** A WRITE of the row that was not posted, or failed, is no pin. */
  #attempted(outcome: Outcome, term: number): Outcome {
    const posted = outcome !== -Status.SendQueueFull || this.row.term !== term
    const failed = outcome < 0 && outcome !== -Status.Pending && posted
    if (failed) this.row.lapse()
    return outcome
  }
}

/** What an owner says is checked before memory is addressed by it. */
function checkedGrant(claim: Claim, shape: CellShape): { row: number; leaseMs: number } {
  const { row = -1, leaseMs = 0 } = claim.parameters
  const fits =
    row >= 0 &&
    row < shape.readers &&
    leaseMs >= 1 &&
    leaseMs <= LEASE_MS_MAX &&
    claim.windows.some(
      ({ offset, lengthBytes }) => offset === rowOffset(row) && lengthBytes === UNIT_BYTES,
    )
  if (fits) return { row, leaseMs }
  const { name } = claim.binding.entry
  const message = `region "${name}" grants row ${row} for ${leaseMs} ms, which makes no sense`
  throw new UntornError('ERR_UNTORN_LAYOUT_MISMATCH', message)
}
