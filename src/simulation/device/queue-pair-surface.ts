// A simulated queue pair behind the addon's surface: what production calls native code for, over the
// engine's world. Posting checks every record; completions wait here until they are reaped, as in a
// completion queue. Invariants: all records of a submission are posted or none; whatever is closed or
// failed ends everything that was in flight on it, and its peer's operations find nobody.
import { UntornError } from '../../errors.ts'
import { Control, Opcode, RECORD_BYTES } from '../../fabric/operation-ring.ts'
import { Status } from '../../fabric/status.ts'
import type {
  NativeEndpoint,
  NativeQueuePair,
  NativeQueuePairOptions,
} from '../../native/binding.ts'
import type { SimulatedQueuePair } from '../queue-pair.ts'
import { CompletionLog } from './completion-log.ts'
import type { Waiter } from './pump.ts'
import { ReceiveQueue } from './receive-queue.ts'
import { type CheckedOperation, RecordChecker, newCheckedOperation } from './record-check.ts'
import { SendQueue } from './send-queue.ts'
import type { QueuePairHome } from './queue-pair-home.ts'

/** A completion on its way to whoever reaps it. */
interface Arrival {
  /** Low 32 bits. */
  readonly sequence: number
  readonly status: number
  readonly lengthBytes: number
}

export class QueuePairSurface implements NativeQueuePair, Waiter {
  readonly records: ArrayBuffer
  readonly completions: ArrayBuffer
  readonly control: ArrayBuffer
  readonly endpoint: NativeEndpoint
  readonly submit: () => number
  readonly poll: () => number
  readonly submitAndPoll: () => number
  readonly spin: () => number
  readonly #home: QueuePairHome
  readonly #log: CompletionLog
  readonly #control: Int32Array
  readonly #checker: RecordChecker
  readonly #sends: SendQueue
  readonly #receives: ReceiveQueue = new ReceiveQueue()
  readonly #receiveDepth: number
  readonly #checked: CheckedOperation[]
  readonly #arrivals: Arrival[] = []
  #lastArrival: Arrival | undefined
  /** The engine's side, from `connect` on: only then is the responder's NIC known. */
  #engine: SimulatedQueuePair | null = null
  #peer: QueuePairSurface | null = null
  #callback: (() => void) | null = null
  #failed = false
  #closed = false
  #spinning = false

  constructor(home: QueuePairHome, endpoint: NativeEndpoint, options: NativeQueuePairOptions) {
    const { sendDepth, receiveDepth } = options
    const capacity = sendDepth + receiveDepth
    this.#home = home
    this.endpoint = endpoint
    this.records = new ArrayBuffer(capacity * RECORD_BYTES)
    this.#log = new CompletionLog(capacity)
    this.completions = this.#log.completions
    this.control = this.#log.control
    this.#control = this.#log.controlWords
    this.#checker = new RecordChecker(this.records, home.locals, home.remotes, home.sendBytesMax)
    this.#sends = new SendQueue(sendDepth)
    this.#receiveDepth = receiveDepth
    const widest = Math.max(sendDepth, receiveDepth)
    this.#checked = Array.from({ length: widest }, newCheckedOperation)
    this.submit = () => this.#call(() => this.#checkAndPost(true))
    this.submitAndPoll = () =>
      this.#call(() => {
        const status = this.#checkAndPost(false)
        return status === Status.Success ? this.#await() : status
      })
    this.spin = () => this.#call(() => this.#await())
    this.poll = () => {
      if (this.#closed) return 0
      this.#call(() => this.#reap())
      return this.#log.reported
    }
  }

  /** Operations in flight, posted receives among them. */
  get inFlight(): number {
    return this.#sends.inFlight + this.#receives.inFlight
  }

  get hasNews(): boolean {
    return this.#arrivals.length > 0 || this.#receives.hasEnded
  }

  connect(remote: NativeEndpoint): void {
    if (this.#closed) throw new UntornError('ERR_UNTORN_CLOSED', 'the queue pair is closed')
    if (this.#peer !== null) {
      throw new UntornError('ERR_UNTORN_BUSY', 'the queue pair has a peer already')
    }
    const peer = this.#home.findQueuePair(remote)
    if (peer.#peer !== null && peer.#peer !== this) {
      throw new UntornError('ERR_UNTORN_BUSY', 'another queue pair is connected to that endpoint')
    }
    this.#peer = peer
    const engine = this.#home.addQueuePair(peer.#home.nic, this.#sends.depth)
    engine.onComplete = (sequence, status, _opcode, lengthBytes) =>
      this.#completed({ sequence, status, lengthBytes })
    engine.onMessage = (bytes, lengthBytes, opcode, immediate) =>
      peer.#deliver(bytes, lengthBytes, opcode, immediate)
    this.#engine = engine
    if (this.#failed) engine.fail()
    this.#meet()
    if (peer !== this) peer.#meet()
  }

  arm(): void {
    if (this.#closed) throw new UntornError('ERR_UNTORN_CLOSED', 'the queue pair is closed')
    this.#home.pump.arm(this)
  }

  onEvent(callback: (() => void) | null): void {
    this.#callback = callback
  }

  wake(): void {
    this.#callback?.()
  }

  reference(on: boolean): void {
    if (!this.#closed) this.#home.pump.reference(this, on)
  }

  state(): string {
    if (this.#closed) return 'closed'
    if (this.#failed) return 'error'
    return this.#engine === null ? 'init' : 'ready'
  }

  fail(): void {
    if (this.#closed || this.#failed) return
    this.#break()
    this.#engine?.fail()
  }

  /**
   * A peer that finds nobody takes no further step: what it posted and was not executed is dropped,
   * and so are WRITEs that were accepted and not placed.
   */
  quiet(): boolean {
    this.fail()
    return true
  }

  close(): void {
    if (this.#closed) return
    this.fail()
    this.#log.begin()
    this.#reap()
    this.#closed = true
    if (this.#peer !== null) this.#peer.#meet()
    // What was held back never comes: its memory is free now.
    for (let at = this.#sends.oldest; at !== undefined; at = this.#sends.oldest) {
      this.#retire({ sequence: at, status: Status.Flushed, lengthBytes: 0 })
    }
    this.#log.end(0)
    if (this.#engine !== null) this.#home.removeQueuePair(this.#engine)
    this.#home.closed(this)
  }

  /** Completions are kept back until `release`. @throws UntornError ERR_UNTORN_NOT_CONNECTED */
  hold(): void {
    this.#connected().hold()
  }

  release(): void {
    this.#connected().release()
  }

  /** Tells of the last completion again; false when there was none yet. */
  repeat(): boolean {
    if (this.#lastArrival === undefined) return false
    this.#arrivals.push(this.#lastArrival)
    return true
  }

  /** Whether it answers its peer. */
  get #answers(): boolean {
    return this.#engine !== null && !this.#failed && !this.#closed
  }

  #connected(): SimulatedQueuePair {
    if (this.#engine !== null) return this.#engine
    throw new UntornError('ERR_UNTORN_NOT_CONNECTED', 'the queue pair has no peer yet')
  }

  /** Takes notice of whether its peer answers. */
  #meet(): void {
    if (this.#engine === null || this.#peer === null) return
    this.#engine.peerGone = !this.#peer.#answers || this.#peer.#peer !== this
  }

  /** Moves to the error state, all but the engine's part. */
  #break(): void {
    this.#failed = true
    this.#receives.flush()
    if (this.#peer !== null) this.#peer.#meet()
  }

  #completed(arrival: Arrival): void {
    this.#arrivals.push(arrival)
    this.#lastArrival = arrival
    if (arrival.status !== Status.Success && !this.#failed) this.#break()
  }

  #deliver(bytes: Uint8Array, lengthBytes: number, opcode: number, immediate: number): number {
    if (!this.#answers) return Status.RetryExceeded
    const status = this.#receives.take(bytes, lengthBytes, opcode, immediate)
    if (status === Status.RemoteInvalidRequest) this.fail()
    return status
  }

  /** Frames one call of the data path. */
  #call(work: () => number): number {
    if (this.#closed) return Status.Closed
    this.#log.begin()
    try {
      return work()
    } finally {
      this.#log.end(this.inFlight)
    }
  }

  #checkAndPost(allowReceives: boolean): number {
    const count = this.#control[Control.Count] as number
    this.#control[Control.RejectedIndex] = 0
    if (count === 0) return Status.Success
    if (count < 0 || count > this.#checker.capacity) return Status.BadOperation
    const receives = this.#checker.opcodeOf(0) === Opcode.Receive
    if (receives && !allowReceives) return Status.BadOperation
    if (!receives && this.#engine === null) return Status.NotConnected
    const free = receives ? this.#receiveDepth - this.#receives.inFlight : this.#sendRoom()
    if (count > free) {
      this.#control[Control.RejectedIndex] = free
      return receives ? Status.ReceiveQueueFull : Status.SendQueueFull
    }
    for (let index = 0; index < count; index += 1) {
      const operation = this.#checked[index] as CheckedOperation
      let status = this.#checker.check(index, operation)
      if (status === Status.Success && receives !== (operation.opcode === Opcode.Receive)) {
        status = Status.BadOperation
      }
      if (status === Status.Success) continue
      this.#control[Control.RejectedIndex] = index
      return status
    }
    if (receives) this.#postReceives(count)
    else this.#postSends(count)
    return Status.Success
  }

  /** An accepted WRITE has completed, and takes up room in the engine until it is placed. */
  #sendRoom(): number {
    const engine = this.#engine as SimulatedQueuePair
    return Math.min(this.#sends.free, engine.depth - engine.pending)
  }

  #postReceives(count: number): void {
    for (let index = 0; index < count; index += 1) {
      const operation = this.#checked[index] as CheckedOperation
      if (operation.local !== null) operation.local.pins += 1
      this.#receives.post(operation)
    }
    if (this.#failed) this.#receives.flush()
  }

  #postSends(count: number): void {
    // The doorbell is a store after all others of this CPU: the NIC sees what was stored before.
    this.#home.fence()
    const first = this.#sends.next
    for (let index = 0; index < count; index += 1) {
      this.#sends.append(index, this.#checked[index] as CheckedOperation)
    }
    this.#sends.commit(count)
    const engine = this.#engine as SimulatedQueuePair
    for (let index = 0; index < count; index += 1) {
      const operation = this.#checked[index] as CheckedOperation
      engine.post(
        operation.opcode,
        this.#sends.flagsOf(first + index),
        (first + index) >>> 0,
        operation.local?.memory ?? null,
        operation.localOffset,
        operation.remote?.memory ?? null,
        operation.remoteOffset,
        operation.lengthBytes,
        operation.compareOrAdd,
        operation.swap,
        operation.immediate,
        operation.remote?.key ?? null,
      )
    }
  }

  /** Takes steps until the chain posted last has ended, at most as many as there is budget. */
  #await(): number {
    this.#spinning = true
    try {
      this.#reap()
      let left = Math.max(0, this.#control[Control.BudgetUs] as number)
      for (; !this.#sends.done && left > 0 && this.#home.pump.step(); left -= 1) {
        if (this.hasNews) this.#reap()
      }
    } finally {
      this.#spinning = false
    }
    return this.#sends.done ? this.#sends.status : Status.Pending
  }

  #reap(): number {
    for (let next = this.#arrivals.shift(); next !== undefined; next = this.#arrivals.shift()) {
      this.#retire(next)
    }
    for (let next = this.#receives.reap(); next !== undefined; next = this.#receives.reap()) {
      if (next.local !== null) next.local.pins -= 1
      if (next.status !== Status.Success) this.#control[Control.FailedOpcode] = next.opcode
      const { id, status, opcode, lengthBytes, immediate } = next
      this.#log.report(id, status, opcode, lengthBytes, immediate, false)
    }
    return Status.Success
  }

  #retire(arrival: Arrival): void {
    const retired = this.#sends.retire(arrival.sequence, arrival.status)
    if (retired === null) return
    const { entry, status, chainEnd, awaited } = retired
    if (arrival.status !== Status.Success) {
      this.#control[Control.VendorError] = 0
      this.#control[Control.FailedOpcode] = entry.opcode
    }
    if (awaited && this.#spinning) return
    this.#log.report(entry.id, status, entry.opcode, arrival.lengthBytes, 0, chainEnd)
  }
}
