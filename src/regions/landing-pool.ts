// The slots of one reader and the registered memory they land in. Slots are made on demand, many to
// a region, and used again. Invariants: a slot whose operations are in flight is in nobody's hands
// (quarantine) until they have completed; memory is deregistered only after that.
import type { Device, MemoryRegion } from '../fabric/contract.ts'
import type { ReaderMachine } from '../protocols/machine.ts'
import type { RemoteBinding } from './contract.ts'
import { ReadSlot } from './read-slot.ts'

/** Slots start on a cache line, as the machines ask. */
const SLOT_UNIT_BYTES = 64

/**
 * Slots of one region of landing memory. Registering costs some microseconds and at least a page,
 * so small slots come by the page and every further region holds twice as many.
 */
const REGION_BYTES_MIN = 4096

/** Concurrent asynchronous reads of one reader; more wait for their turn. */
export const SLOT_COUNT_MAX = 32

/**
 * With the slots of synchronous reads, which cannot wait: one, and some more for when it is in
 * quarantine after a time-out.
 */
export const SLOT_COUNT_SYNC_MAX: number = SLOT_COUNT_MAX + 4

export class LandingPool {
  readonly #device: Device
  readonly #createMachine: () => ReaderMachine
  readonly #free: ReadSlot[] = []
  readonly #regions: MemoryRegion[] = []
  readonly #waiters: ((slot: ReadSlot) => void)[] = []
  readonly #quarantine = new Set<Promise<unknown>>()
  #slotCount = 0

  constructor(device: Device, createMachine: () => ReaderMachine) {
    this.#device = device
    this.#createMachine = createMachine
  }

  get device(): Device {
    return this.#device
  }

  /**
   * A slot for a read to begin now; null when `slotCountMax` are in use.
   * @throws UntornError when landing memory cannot be registered
   */
  take(binding: RemoteBinding, slotCountMax: number = SLOT_COUNT_MAX): ReadSlot | null {
    const slot = this.#free.pop()
    if (slot !== undefined) return slot
    if (this.#slotCount >= slotCountMax) return null
    this.#grow(binding, slotCountMax)
    return this.#free.pop() ?? null
  }

  /** Calls back with the next slot that is given back; returns a function that cancels. */
  wait(onSlot: (slot: ReadSlot) => void): () => void {
    this.#waiters.push(onSlot)
    return () => {
      const index = this.#waiters.indexOf(onSlot)
      if (index >= 0) this.#waiters.splice(index, 1)
    }
  }

  /** Gives back a slot none of whose operations is in flight. */
  give(slot: ReadSlot): void {
    slot.rest()
    const waiter = this.#waiters.shift()
    if (waiter === undefined) this.#free.push(slot)
    else waiter(slot)
  }

  /** Gives back a slot once `end`, which never rejects, says that its operations have completed. */
  quarantine(slot: ReadSlot, end: Promise<unknown>): void {
    slot.rest()
    const release = async (): Promise<void> => {
      await end
      this.#quarantine.delete(done)
      this.give(slot)
    }
    const done = release()
    this.#quarantine.add(done)
  }

  /**
   * Deregisters the landing memory, waiting for operations in flight first.
   * @throws UntornError ERR_UNTORN_BUSY when they do not end; the memory then stays registered
   */
  async close(): Promise<void> {
    this.#free.length = 0
    const results = await Promise.allSettled(this.#regions.map((region) => region.close()))
    const failure = results.find((result) => result.status === 'rejected')
    if (failure?.status === 'rejected') throw failure.reason
    await Promise.all(this.#quarantine)
    this.#regions.length = 0
  }

  #grow(binding: RemoteBinding, slotCountMax: number): void {
    const first = this.#createMachine()
    const stride = Math.ceil(first.landingBytes / SLOT_UNIT_BYTES) * SLOT_UNIT_BYTES
    const byPage = Math.floor(REGION_BYTES_MIN / stride)
    const wanted = Math.max(1, byPage, this.#slotCount)
    const count = Math.min(wanted, slotCountMax - this.#slotCount)
    const region = this.#device.allocate(count * stride)
    this.#regions.push(region)
    for (let index = 0; index < count; index++) {
      const machine = index === 0 ? first : this.#createMachine()
      this.#free.push(new ReadSlot(machine, binding, region, index * stride))
    }
    this.#slotCount += count
  }
}
