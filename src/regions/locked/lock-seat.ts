// What one acquisition needs: landing memory and the machines that share it. Invariant: a seat serves
// one acquisition at a time, from its first look to the end of its release.
import type { MemoryRegion } from '../../fabric/contract.ts'
import { Status } from '../../fabric/status.ts'
import type { LockAcquire, LockClose, LockRelease } from '../../protocols/lock/index.ts'
import type { RemoteMachine } from '../../protocols/machine.ts'
import type { Outcome } from '../drivers/attempt.ts'
import { attemptRemote } from '../drivers/remote.ts'
import { WindowSink } from '../window-sink.ts'
import type { LockAccessParts } from './lock-access.ts'

/** Nothing was posted; later there may be room. */
export const NO_ROOM: Outcome = -Status.SendQueueFull

export class LockSeat {
  readonly landing: MemoryRegion
  readonly acquire: LockAcquire
  readonly release: LockRelease
  readonly #parts: LockAccessParts
  readonly #sink: WindowSink
  #close: LockClose | undefined

  /** @throws UntornError when landing memory cannot be registered */
  constructor(parts: LockAccessParts) {
    const { device, target, scheme, shape, kernels, holder } = parts
    this.#parts = parts
    this.acquire = scheme.createAcquire(shape, kernels, holder)
    this.release = scheme.createRelease(shape, kernels)
    this.landing = device.allocate(this.acquire.landingBytes)
    const landing = this.landing.slice(0, this.acquire.landingBytes)
    this.acquire.bind(landing)
    this.release.bind(landing)
    this.#sink = new WindowSink(target, this.landing.handle, 0)
  }

  /** The machine that closes the region under this seat's acquisition. */
  get close(): LockClose {
    if (this.#close === undefined) {
      const { scheme, shape, kernels } = this.#parts
      this.#close = scheme.createClose(shape, kernels)
      this.#close.bind(this.landing.slice(0, this.#close.landingBytes))
    }
    return this.#close
  }

  /** One attempt of one of its machines. */
  run(machine: RemoteMachine): Outcome | Promise<Outcome> {
    return attemptRemote(machine, this.#sink, this.#parts.target.queuePair)
  }

  /** The same for what must be done: waits for room in the queue. */
  async runSurely(machine: RemoteMachine): Promise<Outcome> {
    for (;;) {
      const end = await this.run(machine)
      if (end !== NO_ROOM || this.#parts.ended() !== undefined) return end
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
  }
}
