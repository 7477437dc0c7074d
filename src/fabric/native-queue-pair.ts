// A queue pair behind the addon's surface: submits chains, gives each its completions. Invariants:
// a chain ends exactly once, with its first failing status; nobody sleeps while a completion is
// waiting (arm, poll again, only then sleep: a completion that came between poll and arm raises no
// event).
import { setTimeout as delay } from 'node:timers/promises'
import { UntornError } from '../errors.ts'
import {
  COMPLETION_BYTES,
  CompletionFlags,
  Control,
  Opcode,
  OperationRing,
} from './operation-ring.ts'
import type { Endpoint, QueuePair, ReceiveCompletion } from './contract.ts'
import type { NativeQueuePair } from '../native/binding.ts'
import { Status } from './status.ts'

interface Chain {
  status: number
  readonly resolve: (status: number) => void
  readonly end: Promise<number>
}

const COMPLETION_WORDS = COMPLETION_BYTES / 4
/** The control word is signed: what is more, 36 minutes, would turn negative and not wait at all. */
const BUDGET_US_MAX = 0x7fff_ffff
/** Between two looks at a peer that is amid an operation. */
const QUIET_POLL_MS = 1
const CLOSE_TIMEOUT_MS = 5000

export class NativeBackedQueuePair implements QueuePair {
  readonly endpoint: Endpoint
  readonly ring: OperationRing
  readonly #native: NativeQueuePair
  readonly #submitAndPoll: () => number
  readonly #control: Int32Array
  readonly #completions: Uint32Array
  readonly #spinUs: number
  readonly #chains = new Map<number, Chain>()
  readonly #onClosed: () => void
  #onReceive: ((completion: ReceiveCompletion) => void) | null = null
  #lastId = 0
  #unsettled: Promise<number> = Promise.resolve(Status.Success)
  #closed = false
  #closing: Promise<void> | undefined

  constructor(native: NativeQueuePair, spinUs: number, onClosed: () => void) {
    this.#native = native
    this.#submitAndPoll = native.submitAndPoll
    this.#spinUs = spinUs
    this.#onClosed = onClosed
    this.endpoint = native.endpoint
    this.ring = new OperationRing(native.records, native.control)
    this.#control = this.ring.control
    this.#completions = new Uint32Array(native.completions)
    native.onEvent(() => this.#wake())
  }

  get state(): 'init' | 'ready' | 'error' | 'closed' {
    return this.#closed ? 'closed' : (this.#native.state() as 'init' | 'ready' | 'error')
  }

  get inFlight(): number {
    return this.#control[Control.InFlight] as number
  }

  get vendorError(): number {
    return this.#control[Control.VendorError] as number
  }

  get onReceive(): ((completion: ReceiveCompletion) => void) | null {
    return this.#onReceive
  }

  set onReceive(callback: ((completion: ReceiveCompletion) => void) | null) {
    this.#onReceive = callback
    this.#sleep()
  }

  connect(remote: Endpoint): void {
    this.#native.connect(remote)
  }

  nextId(): number {
    this.#lastId = this.#lastId === 0xffff_ffff ? 1 : this.#lastId + 1
    return this.#lastId
  }

  submitAndPoll(budgetUs: number): number {
    const control = this.#control
    const id = this.ring.endChain()
    control[Control.BudgetUs] = budgetUs > BUDGET_US_MAX ? BUDGET_US_MAX : budgetUs
    const status = this.#submitAndPoll()
    control[Control.Count] = 0
    if (status === Status.Pending) this.#unsettled = this.#expect(id)
    if (control[Control.ReapedCount] !== 0) this.#dispatch(control[Control.ReapedCount] as number)
    return status
  }

  submit(): number | Promise<number> {
    // An empty chain has no completion to sleep for.
    if (this.#spinUs > 0 || this.ring.count === 0) {
      const status = this.submitAndPoll(this.#spinUs)
      return status === Status.Pending ? this.settle() : status
    }
    const id = this.ring.endChain()
    const status = this.#native.submit()
    this.ring.clear()
    if (status !== Status.Success) return status
    this.#unsettled = this.#expect(id)
    return this.settle()
  }

  settle(): Promise<number> {
    const end = this.#unsettled
    this.#sleep()
    return end
  }

  postReceives(): number {
    const status = this.#native.submit()
    this.ring.clear()
    this.#sleep()
    return status
  }

  /** Reaps what has completed, without waiting. */
  drain(): void {
    if (this.#closed) return
    for (let reaped = this.#native.poll(); reaped > 0; reaped = this.#native.poll()) {
      this.#dispatch(reaped)
    }
  }

  fail(): void {
    if (this.#closed) return
    this.#native.fail()
    this.#sleep()
  }

  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    if (this.#closed) return Promise.resolve()
    if (this.#closing === undefined && this.#native.quiet()) {
      this.#destroy()
      return Promise.resolve()
    }
    this.#closing ??= this.#closeQuiet(options.timeoutMs ?? CLOSE_TIMEOUT_MS).finally(() => {
      this.#closing = undefined
    })
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Waits for a peer that is amid an operation on memory of this process. */
  async #closeQuiet(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs
    // Operations of this side end now, whatever the peer does.
    this.fail()
    while (!this.#native.quiet()) {
      if (performance.now() >= deadline) {
        throw new UntornError(
          'ERR_UNTORN_BUSY',
          `the peer was amid an operation and did not end it within ${timeoutMs} ms; ` +
            'close the queue pair again, or end the peer',
        )
      }
      await delay(QUIET_POLL_MS)
    }
    if (!this.#closed) this.#destroy()
  }

  #destroy(): void {
    this.#native.fail()
    this.drain()
    this.#closed = true
    this.#native.onEvent(null)
    this.#native.close()
    // What the device flushed too late for the poll above.
    this.#dispatch(this.#control[Control.ReapedCount] as number)
    // Calls on what is closed leave this word as it is, and must not tell of these again.
    this.#control[Control.ReapedCount] = 0
    for (const chain of this.#chains.values()) {
      chain.resolve(chain.status === Status.Success ? Status.Flushed : chain.status)
    }
    this.#chains.clear()
    this.#onClosed()
  }

  #expect(id: number): Promise<number> {
    let resolve: (status: number) => void = () => undefined
    const end = new Promise<number>((settle) => {
      resolve = settle
    })
    this.#chains.set(id, { status: Status.Success, resolve, end })
    return end
  }

  get #waiting(): boolean {
    return this.#chains.size > 0 || this.#onReceive !== null
  }

  /** Arm, poll again, and sleep only when that found nothing. Bounded by what is in flight. */
  #sleep(): void {
    while (!this.#closed && this.#waiting) {
      this.#native.arm()
      const reaped = this.#native.poll()
      if (reaped === 0) break
      this.#dispatch(reaped)
    }
    if (!this.#closed) this.#native.reference(this.#chains.size > 0)
  }

  #wake(): void {
    this.drain()
    this.#sleep()
  }

  #dispatch(count: number): void {
    for (let index = 0; index < count; index++) {
      const word = index * COMPLETION_WORDS
      const opcode = this.#completions[word + 2] as number
      if (opcode === Opcode.Receive || opcode === Opcode.ReceiveWithImmediate) {
        this.#received(word)
        continue
      }
      const id = this.#completions[word] as number
      const chain = this.#chains.get(id)
      if (chain === undefined) continue
      if (chain.status === Status.Success) chain.status = this.#completions[word + 1] as number
      if (((this.#completions[word + 5] as number) & CompletionFlags.ChainEnd) === 0) continue
      this.#chains.delete(id)
      chain.resolve(chain.status)
    }
  }

  /**
   * Tells of a receive when the present stretch is over: a callback that submits would have the next
   * completions written over those not yet looked at, and one that throws would lose them.
   */
  #received(word: number): void {
    if (this.#onReceive === null) return
    const completion: ReceiveCompletion = {
      id: this.#completions[word] as number,
      status: this.#completions[word + 1] as number,
      opcode: this.#completions[word + 2] as number,
      lengthBytes: this.#completions[word + 3] as number,
      immediate: this.#completions[word + 4] as number,
    }
    queueMicrotask(() => this.#onReceive?.(completion))
  }
}
