// What the two drivers share about one reader: where it reads from, with what slots, and how a
// failed operation becomes a typed failure.
import { Lapped, UntornError } from '../errors.ts'
import { statusName } from '../fabric/status.ts'
import { type ReaderMachine, Verdict, type VerdictCode } from '../protocols/machine.ts'
import type { BindingSource, CatalogueEntry, RemoteBinding } from './contract.ts'
import { LandingPool } from './landing-pool.ts'
import type { ReadSlot } from './read-slot.ts'
import { ReadCounters } from './read-statistics.ts'

export class ReadContext {
  readonly source: BindingSource
  readonly entry: CatalogueEntry
  readonly counters: ReadCounters = new ReadCounters()
  readonly pool: LandingPool
  /** Ends asynchronous reads in progress when the reader closes. */
  readonly cancellations: Set<(reason: UntornError) => void> = new Set()
  closed = false
  /** Version of the last read of the present version that ended well, 0 before the first. */
  version = 0
  /** The last binding that was checked. */
  #checked: RemoteBinding | undefined

  constructor(
    source: BindingSource,
    entry: CatalogueEntry,
    binding: RemoteBinding,
    createMachine: () => ReaderMachine,
  ) {
    this.source = source
    this.entry = entry
    this.pool = new LandingPool(binding.device, createMachine)
  }

  /**
   * The binding for a read that begins now.
   * @throws UntornError ERR_UNTORN_CLOSED, ERR_UNTORN_STALE_GENERATION, or the session's failure
   */
  binding(): RemoteBinding {
    const binding = this.source.current()
    if (binding === this.#checked && !this.closed && !this.pool.device.closed) return binding
    return this.#check(binding)
  }

  #check(binding: RemoteBinding | UntornError): RemoteBinding {
    if (this.closed) throw this.closedError()
    if (binding instanceof UntornError) throw binding
    if (binding.entry.generation !== this.entry.generation) throw this.#stale(binding)
    if (binding.device !== this.pool.device) {
      const why = `region "${this.entry.name}" moved to another device`
      throw new UntornError('ERR_UNTORN_STALE_GENERATION', `${why}; open it again`)
    }
    if (binding.device.closed) {
      throw new UntornError('ERR_UNTORN_CLOSED', `${binding.device.name} is closed`)
    }
    this.#checked = binding
    return binding
  }

  #stale(binding: RemoteBinding): UntornError {
    return new UntornError(
      'ERR_UNTORN_STALE_GENERATION',
      `region "${this.entry.name}" is now of generation ${binding.entry.generation}, ` +
        `this reader of ${this.entry.generation}; open it again`,
    )
  }

  /** Counts what a read ends with, once; returns it, to be thrown. */
  count(failure: unknown): unknown {
    if (failure instanceof UntornError) this.counters.noteFailure(failure.code)
    return failure
  }

  closedError(): UntornError {
    return new UntornError('ERR_UNTORN_CLOSED', `the reader of "${this.entry.name}" is closed`)
  }

  /** What an operation on `binding` that ended with `status` means. */
  transportFailed(binding: RemoteBinding, status: number): UntornError {
    const current = this.source.current()
    if (current === binding) return this.source.transportFailed(status)
    // The session replaced, or gave up, the queue pair while the operation was in flight.
    if (current instanceof UntornError) return current
    return new UntornError(
      'ERR_UNTORN_REMOTE',
      `the operation ended with ${statusName(status)} on a connection since replaced; read again`,
      { status },
    )
  }

  /**
   * Counts a read that ended well.
   * @throws UntornError ERR_UNTORN_CLOSED by the owner, ERR_UNTORN_LAPPED
   */
  conclude(verdict: VerdictCode, slot: ReadSlot): void {
    if (verdict === Verdict.Done) this.counters.reads += 1
    else if (verdict === Verdict.Unchanged) this.counters.unchanged += 1
    else if (verdict === Verdict.Lapped) {
      throw new Lapped(slot.request.wantedVersion, slot.machine.missed ?? 0)
    } else throw this.#ownerClosed()
  }

  #ownerClosed(): UntornError {
    return new UntornError('ERR_UNTORN_CLOSED', `the owner closed region "${this.entry.name}"`)
  }
}
