// The owner's own way to its lock, a loopback queue pair, and the repairs that go by it. Invariants, which
// repair.ts asks for: repairs are run one after the other, and what a repair posted has ended, or
// its queue pair is destroyed, before another one begins.
import { UntornError } from '../../errors.ts'
import type { MemoryRegion, RegionWindow } from '../../fabric/contract.ts'
import type { Loopback } from '../../fabric/loopback.ts'
import { statusName } from '../../fabric/status.ts'
import type { MemoryKernels } from '../../protocols/local-memory.ts'
import {
  type LockRepair,
  type LockScheme,
  type LockShape,
  RepairOutcome,
  type RepairOutcomeCode,
} from '../../protocols/lock/index.ts'
import { Verdict } from '../../protocols/machine.ts'
import type { PublishContext } from '../contract.ts'
import type { Outcome } from '../drivers/attempt.ts'
import { attemptRemote } from '../drivers/remote.ts'
import { type WindowTarget, WindowSink } from '../window-sink.ts'
import { LockAccess } from './lock-access.ts'

/** The owner's identity in the word. */
export const OWNER_HOLDER = 1

const ATTEMPTS_MAX = 4

export interface LockKeeperParts {
  readonly context: PublishContext
  readonly region: MemoryRegion
  readonly scheme: LockScheme
  readonly shape: LockShape
  readonly kernels: MemoryKernels
}

/** A loopback and what the owner does by it. */
interface Way {
  readonly loopback: Loopback
  readonly access: LockAccess
  /** Why nothing more may be posted by it. */
  ended: UntornError | undefined
}

export class LockKeeper {
  readonly #parts: LockKeeperParts
  readonly #window: RegionWindow
  readonly #machine: LockRepair
  readonly #landing: MemoryRegion
  #way: Way
  #queue: Promise<unknown> = Promise.resolve()
  #closed = false

  /** @throws UntornError as `PublishContext.loopback`; nothing is left behind but a window */
  constructor(parts: LockKeeperParts) {
    const { region, scheme, shape, kernels, context } = parts
    this.#parts = parts
    this.#window = region.window(0, region.byteLength, {
      remoteRead: true,
      remoteWrite: true,
      remoteAtomic: true,
    })
    this.#machine = scheme.createRepair(shape, kernels)
    this.#landing = context.device.allocate(this.#machine.landingBytes)
    this.#machine.bind(this.#landing.slice(0, this.#machine.landingBytes))
    try {
      this.#way = this.#open()
    } catch (error) {
      void this.#landing.close()
      throw error
    }
  }

  /**
   * The owner's access, when what is being repaired has been.
   * @throws UntornError when its loopback broke and there is no other, ERR_UNTORN_CLOSED
   */
  async access(): Promise<LockAccess> {
    await this.#queue
    if (this.#way.ended !== undefined && !this.#closed) await this.#inTurn(() => this.#renew())
    if (this.#closed) throw new UntornError('ERR_UNTORN_CLOSED', 'the region is closed')
    return this.#way.access
  }

  /**
   * Ends the acquisition of a holder whose queue pair is destroyed, if it has one.
   * @throws UntornError ERR_UNTORN_REMOTE when the loopback does not work; may be called again
   */
  repair(holder: number): Promise<RepairOutcomeCode> {
    return this.#inTurn(() => this.#repair(holder))
  }

  /** Ends the owner's own acquisition, if it has one: its guard fails. @throws as `repair` */
  endOwn(): Promise<RepairOutcomeCode> {
    return this.#inTurn(async () => {
      await this.#replace(new UntornError('ERR_UNTORN_EVICTED', 'the owner ended its own guard'))
      return await this.#repair(OWNER_HOLDER)
    })
  }

  /** Waits for repairs, then lets go of the region. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#queue
    this.#way.ended ??= new UntornError('ERR_UNTORN_CLOSED', 'the region is closed')
    await this.#way.access.close()
    await this.#way.loopback.close()
    this.#window.close()
    await this.#landing.close()
  }

  #open(): Way {
    const { context, region, scheme, shape, kernels } = this.#parts
    const loopback = context.loopback(this.#window.descriptor)
    const way: Way = {
      loopback,
      access: new LockAccess({
        device: context.device,
        target: targetOf(loopback),
        holder: OWNER_HOLDER,
        scheme,
        shape,
        kernels,
        ended: () =>
          region.closed
            ? new UntornError('ERR_UNTORN_CLOSED', 'the region, or its device, is closed')
            : way.ended,
        transportFailed: (status) => this.#failed(way, status),
      }),
      ended: undefined,
    }
    return way
  }

  /** A chain of the owner's failed: what it held is ended, as if it were a peer. */
  #failed(way: Way, status: number): UntornError {
    const what = `the owner's loopback ended an operation with ${statusName(status)}`
    way.ended ??= new UntornError('ERR_UNTORN_REMOTE', what, { status })
    if (way === this.#way && !this.#closed) {
      // Should it not work: whoever asks for an access tries again.
      void this.#inTurn(() => this.#renew()).catch(() => undefined)
    }
    return way.ended
  }

  /** Another loopback, unless somebody else was quicker; what the owner held by the old one is ended. */
  async #renew(): Promise<void> {
    const { ended } = this.#way
    if (ended === undefined || this.#closed) return
    await this.#replace(ended)
    await this.#repair(OWNER_HOLDER)
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work)
    this.#queue = done.catch(() => undefined)
    return done
  }

  async #repair(holder: number): Promise<RepairOutcomeCode> {
    let end: Outcome = Verdict.Retry
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      if (this.#closed || this.#parts.region.closed) return RepairOutcome.Nothing
      end = await this.#attempt(holder)
      if (end === Verdict.Done) return this.#machine.outcome
      if (end >= 0) continue
      await this.#replace(new UntornError('ERR_UNTORN_REMOTE', 'the owner’s loopback broke'))
      // Whatever the owner held by the old one.
      if (holder !== OWNER_HOLDER) await this.#attempt(OWNER_HOLDER)
    }
    const how = end < 0 ? statusName(-end) : 'a word that keeps changing'
    throw new UntornError('ERR_UNTORN_REMOTE', `a lock could not be repaired: ${how}`)
  }

  async #attempt(holder: number): Promise<Outcome> {
    const target = targetOf(this.#way.loopback)
    this.#machine.start(holder)
    const sink = new WindowSink(target, this.#landing.handle, 0)
    return await attemptRemote(this.#machine, sink, target.queuePair)
  }

  /** Another loopback, once nothing of the old one can land any more. */
  async #replace(why: UntornError): Promise<void> {
    const old = this.#way
    old.ended ??= why
    await old.access.close()
    await old.loopback.close()
    this.#way = this.#open()
  }
}

/** The loopback's region is a window on the whole, with all rights. */
function targetOf({ queuePair, remoteHandle }: Loopback): WindowTarget {
  return { queuePair, remoteHandle, windows: [] }
}
