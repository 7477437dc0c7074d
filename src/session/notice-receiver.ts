// Receives the notices that come by one queue pair of a peer.
//
// Invariant: as many receives are posted as there are claims that may be noticed, or more, and each is
// posted again before its notice is handed on: the host sends no second one before the first was
// answered, so that it always finds a receive.
import type { Device, MemoryRegion, QueuePair, ReceiveCompletion } from '../fabric/contract.ts'
import { UntornError } from '../errors.ts'
import { Opcode } from '../fabric/operation-ring.ts'
import { Status, statusName } from '../fabric/status.ts'
import { CLAIMS_PER_PEER_MAX } from './limits.ts'
import {
  decodeNotice,
  type Notice,
  NOTICE_FRAME_BYTES_MAX,
  NOTICE_SLOT_BYTES,
} from './notice-frame.ts'

export interface NoticeEvents {
  readonly onNotice: (notice: Notice) => void
  /** What arrived is no notice. */
  readonly onGarbage: (failure: UntornError) => void
}

export class NoticeReceiver {
  readonly #device: Device
  readonly #queuePair: QueuePair
  readonly #events: NoticeEvents
  #memory: MemoryRegion | undefined
  #posted = 0
  #closed = false

  constructor(device: Device, queuePair: QueuePair, events: NoticeEvents) {
    this.#device = device
    this.#queuePair = queuePair
    this.#events = events
  }

  /**
   * One more claim may be noticed from now on. A claim that is over leaves its receive posted: a notice
   * to it may still be on its way.
   * @throws UntornError when memory cannot be registered; ERR_UNTORN_QUEUE_FULL, ERR_UNTORN_NOT_CONNECTED
   */
  expectOneMore(claims: number): void {
    if (this.#posted >= CLAIMS_PER_PEER_MAX) return
    this.#memory ??= this.#device.allocate(CLAIMS_PER_PEER_MAX * NOTICE_SLOT_BYTES)
    this.#queuePair.onReceive ??= (completion) => this.#received(completion)
    const status = this.#post(this.#memory, this.#posted)
    if (status === Status.Success) this.#posted += 1
    else if (status !== Status.ReceiveQueueFull) {
      const message = `no receive could be posted: ${statusName(status)}`
      throw new UntornError('ERR_UNTORN_NOT_CONNECTED', message, { status })
    } else if (claims > this.#posted) {
      const message = 'a queue pair needs a receiveDepth of as many as it has claims to watch'
      throw new UntornError('ERR_UNTORN_QUEUE_FULL', message, { status })
    }
  }

  /** Gives back the memory; the queue pair is closed by now. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true
    // A device that is gone has taken the memory with it.
    await this.#memory?.close().catch(() => {})
  }

  #post(memory: MemoryRegion, slot: number): number {
    const offset = slot * NOTICE_SLOT_BYTES
    const bytes = NOTICE_FRAME_BYTES_MAX
    this.#queuePair.ring.push(Opcode.Receive, 0, slot + 1, memory.handle, offset, 0, 0, bytes)
    return this.#queuePair.postReceives()
  }

  #received({ id, status, lengthBytes }: ReceiveCompletion): void {
    const memory = this.#memory
    // What a queue pair flushes when it ends brought nothing.
    if (memory === undefined || this.#closed || memory.closed || status !== Status.Success) return
    const slot = id - 1
    let notice: Notice
    try {
      notice = decodeNotice(memory.slice(slot * NOTICE_SLOT_BYTES, lengthBytes))
    } catch (error) {
      this.#events.onGarbage(error as UntornError)
      return
    }
    this.#post(memory, slot)
    this.#events.onNotice(notice)
  }
}
