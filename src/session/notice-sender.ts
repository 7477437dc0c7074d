// Sends the notices of one queue pair at the host, by SEND, and reaps their completions.
//
// Invariant: a claim has one notice on its way at most, until the peer has said `noticed`: a peer that
// posted a receive for each of its claims is never sent more than it has room for, however long its
// event loop stands still. Memory is written again only when its SEND has completed too.
import type { Device, MemoryRegion, QueuePair } from '../fabric/contract.ts'
import { Opcode } from '../fabric/operation-ring.ts'
import { Status } from '../fabric/status.ts'
import { localFailure } from './failures.ts'
import { CLAIMS_PER_PEER_MAX } from './limits.ts'
import { encodeNotice, NOTICE_SLOT_BYTES } from './notice-frame.ts'

interface Outgoing {
  readonly slot: number
  sent: boolean
  /** The peer took it, or the claim is over. */
  taken: boolean
}

export class NoticeSender {
  readonly #device: Device
  readonly #queuePair: QueuePair
  readonly #onBroken: (status: number) => void
  /** By claim. */
  readonly #outgoing = new Map<number, Outgoing>()
  readonly #free: number[] = Array.from({ length: CLAIMS_PER_PEER_MAX }, (_, slot) => slot)
  #memory: MemoryRegion | undefined

  /** @param onBroken the queue pair failed, so that no notice arrives by it any more */
  constructor(device: Device, queuePair: QueuePair, onBroken: (status: number) => void) {
    this.#device = device
    this.#queuePair = queuePair
    this.#onBroken = onBroken
  }

  /** False when there is no room for it now. Never throws: a publication does not fail with its notice. */
  send(claim: number, message: Uint8Array): boolean {
    const memory = this.#registered()
    if (memory === undefined || this.#outgoing.has(claim)) return false
    const slot = this.#free.pop()
    if (slot === undefined) return false
    const outgoing: Outgoing = { slot, sent: false, taken: false }
    this.#outgoing.set(claim, outgoing)
    const status = this.#post(memory, slot, claim, message)
    if (typeof status === 'number') return this.#ended(claim, outgoing, status)
    void status.then((end) => this.#ended(claim, outgoing, end))
    return true
  }

  /** The peer has taken the notice of a claim. False when none was on its way. */
  taken(claim: number): boolean {
    const outgoing = this.#outgoing.get(claim)
    if (outgoing === undefined || outgoing.taken) return false
    outgoing.taken = true
    this.#settle(claim, outgoing)
    return true
  }

  /** Gives back the memory; the queue pair is closed by now. */
  async close(): Promise<void> {
    await this.#memory?.close()
  }

  /** Undefined while no memory can be registered, and when the device has taken it away. */
  #registered(): MemoryRegion | undefined {
    try {
      this.#memory ??= this.#device.allocate(CLAIMS_PER_PEER_MAX * NOTICE_SLOT_BYTES)
    } catch {
      return undefined
    }
    return this.#memory.closed ? undefined : this.#memory
  }

  #post(
    memory: MemoryRegion,
    slot: number,
    claim: number,
    message: Uint8Array,
  ): number | Promise<number> {
    const offset = slot * NOTICE_SLOT_BYTES
    const bytes = encodeNotice(memory.slice(offset, NOTICE_SLOT_BYTES), claim, message)
    const { ring } = this.#queuePair
    ring.push(Opcode.Send, 0, this.#queuePair.nextId(), memory.handle, offset, 0, 0, bytes)
    return this.#queuePair.submit()
  }

  #ended(claim: number, outgoing: Outgoing, status: number): boolean {
    outgoing.sent = true
    const ok = status === Status.Success
    // A SEND that failed is taken by nobody.
    if (!ok) outgoing.taken = true
    this.#settle(claim, outgoing)
    if (!ok && localFailure(status) === undefined) this.#onBroken(status)
    return ok
  }

  #settle(claim: number, outgoing: Outgoing): void {
    if (!outgoing.sent || !outgoing.taken) return
    this.#outgoing.delete(claim)
    this.#free.push(outgoing.slot)
  }
}
