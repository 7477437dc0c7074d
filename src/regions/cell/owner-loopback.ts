// How the owner of a cell that peers write to publishes: by swapping the word over a loopback, spinning
// until that has ended. A swap of one's own device takes microseconds.
//
// Invariant: one swap at a time; one that failed is settled, on a fresh loopback, before the next is
// posted, and only when the broken one is closed, so that it is no longer executed.
import { RetriesExhausted, UntornError } from '../../errors.ts'
import type { MemoryRegion, QueuePair } from '../../fabric/contract.ts'
import type { Loopback } from '../../fabric/loopback.ts'
import { statusName } from '../../fabric/status.ts'
import {
  type CellDraft,
  type CellOwner,
  OwnerSwap,
  UNIT_BYTES,
} from '../../protocols/cell/index.ts'
import { Verdict, type VerdictCode } from '../../protocols/machine.ts'
import type { PublishContext } from '../contract.ts'
import { attemptRemoteSync, mayHaveHappened } from '../drivers/remote.ts'
import { WindowSink } from '../window-sink.ts'

/** Far beyond what a device takes to give up on a peer that is itself. */
const BUDGET_US = 10_000_000
/** Each attempt that fails is one in which some peer's succeeded. */
const ATTEMPTS_MAX = 100_000

export class OwnerLoopback {
  readonly #cell: CellOwner
  readonly #swap: OwnerSwap
  readonly #landing: MemoryRegion
  readonly #connect: () => Loopback
  #loopback: Loopback
  #sink: WindowSink
  /** The broken loopback is being closed. */
  #mending: Promise<void> | null = null
  #closed = false

  /** @throws UntornError what windows, memory or queue pairs fail with; nothing is left behind */
  constructor(cell: CellOwner, region: MemoryRegion, context: PublishContext) {
    this.#cell = cell
    this.#swap = new OwnerSwap(cell)
    const word = region.window(0, UNIT_BYTES, { remoteRead: true, remoteAtomic: true })
    this.#connect = () => context.loopback(word.descriptor)
    this.#landing = context.device.allocate(this.#swap.landingBytes)
    this.#swap.bind(this.#landing.slice(0, this.#swap.landingBytes))
    try {
      this.#loopback = this.#connect()
    } catch (error) {
      void this.#landing.close()
      throw error
    }
    this.#sink = this.#sinkOf(this.#loopback)
  }

  /**
   * Learns what peers have published.
   * @throws UntornError ERR_UNTORN_NOT_CONNECTED, ERR_UNTORN_REMOTE, ERR_UNTORN_BROKEN_PROTOCOL
   */
  learn(): void {
    this.#check()
    this.#swap.learn()
    this.#run(null)
  }

  /**
   * Publishes a draft as the next version, which is returned; with `expectedVersion` only as that one's
   * successor, or else discards it and returns 0.
   * @throws UntornError ERR_UNTORN_UNKNOWN_OUTCOME, and as `learn`; the draft was discarded
   */
  publish(draft: CellDraft, expectedVersion: number = 0): number {
    try {
      this.#check()
      this.#swap.publish(draft, expectedVersion)
    } catch (error) {
      this.#cell.discard(draft)
      throw error
    }
    const verdict = this.#run(draft)
    if (verdict === Verdict.Done && this.#swap.swapped) return this.#cell.version
    this.#cell.discard(draft)
    if (verdict === Verdict.Closed) throw new UntornError('ERR_UNTORN_CLOSED', 'the cell is closed')
    return 0
  }

  /** Stores the terminal mark. @throws as `learn` */
  mark(): void {
    if (this.#cell.closed) return
    this.#check()
    this.#swap.close()
    this.#run(null)
  }

  /** Gives back queue pairs and memory. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#mending
    await this.#loopback.close()
    await this.#landing.close()
  }

  #run(draft: CellDraft | null): VerdictCode {
    const { queuePair } = this.#loopback
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const outcome = this.#attempt(queuePair, draft)
      if (outcome < 0) throw this.#failed(outcome, draft)
      if (outcome !== Verdict.Retry) return outcome as VerdictCode
    }
    if (draft !== null) this.#cell.discard(draft)
    throw new RetriesExhausted(ATTEMPTS_MAX, this.#cell.version)
  }

  #attempt(queuePair: QueuePair, draft: CellDraft | null): number {
    try {
      return attemptRemoteSync(this.#swap, this.#sink, queuePair, BUDGET_US)
    } catch (error) {
      // What was found makes no sense, so this was not swapped.
      if (draft !== null) this.#cell.discard(draft)
      throw error
    }
  }

  #failed(outcome: number, draft: CellDraft | null): UntornError {
    const status = -outcome
    const unknown = draft !== null && mayHaveHappened(outcome)
    // What is in doubt stays allocated until the next swap tells.
    this.#mending = this.#mend(this.#swap.inDoubt ? null : draft)
    const what = `the owner’s own queue pair failed with ${statusName(status)}`
    return unknown
      ? new UntornError('ERR_UNTORN_UNKNOWN_OUTCOME', `${what} amid a swap`, { status })
      : new UntornError('ERR_UNTORN_REMOTE', what, { status })
  }

  /** Never rejects: where it fails, every later use does. */
  async #mend(discarded: CellDraft | null): Promise<void> {
    try {
      await this.#loopback.close()
      this.#swap.abandon()
      if (discarded !== null) this.#cell.discard(discarded)
      if (this.#closed) return
      this.#loopback = this.#connect()
      this.#sink = this.#sinkOf(this.#loopback)
      this.#mending = null
    } catch {
      // A device that is gone, or has no queue pair left.
    }
  }

  #sinkOf({ queuePair, remoteHandle }: Loopback): WindowSink {
    return new WindowSink({ queuePair, remoteHandle, windows: [] }, this.#landing.handle, 0)
  }

  #check(): void {
    if (this.#closed) throw new UntornError('ERR_UNTORN_CLOSED', 'the cell is closed')
    if (this.#mending === null) return
    const message = 'the owner’s own queue pair is being replaced'
    throw new UntornError('ERR_UNTORN_NOT_CONNECTED', message)
  }
}
