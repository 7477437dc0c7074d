// Runs a reader machine in a world as the drivers of src/regions run it over a real fabric: chains of
// operations, attempts up to a bound, a new connection after a transport failure, other landing
// memory after a time-out. Between a chain's end and the next chain nothing is worth a step of its
// own: an operation that is posted later is one that samples later.
import { Opcode, OperationFlags } from '../../fabric/operation-ring.ts'
import { Status } from '../../fabric/status.ts'
import { type OperationSink, type ReaderMachine, Verdict } from '../../protocols/machine.ts'
import type { Program } from '../program.ts'
import type { SimulatedQueuePair } from '../queue-pair.ts'
import { POISON, type SimulatedMemory } from '../simulated-memory.ts'
import { type LandingSlot, LandingSlots } from './landing-slots.ts'
import type { ReadEndName } from './read-outcome.ts'
import { StateHash } from '../state-hash.ts'
import type { World } from '../world.ts'

/** One read: of the whole payload, of a part, "changed since what I hold?", or of one version. */
export interface ReadPlan {
  readonly kind: 'read' | 'part' | 'if-changed' | 'version'
  /** In 1/64 of the payload; clamped. Only for `part`. */
  readonly from?: number
  readonly length?: number
  /** Only for `version`; protocols that keep one version do not know such reads. */
  readonly version?: number
}

/** How a read ended, beside its verdict. */
export const ReadEnd = {
  Verdict: 0,
  /** Attempts spent, with the evidence that the machine holds. */
  Exhausted: 1,
  /** The transport failed: what landed is undefined and was not looked at. */
  Transport: 2,
  /** Given up with operations in flight. */
  TimedOut: 3,
} as const

export const readEndNames: readonly ReadEndName[] = [
  'verdict',
  'exhausted',
  'transport',
  'timed out',
]

/** Where a reader reads from at present. */
export interface ReaderBinding {
  readonly memory: SimulatedMemory
  readonly incarnation: number
}

export interface ReaderEvents {
  /** A read begins: remember what is published. */
  began(reader: ReaderProgram): void
  /** A read ended; look at `reader.request`, `verdict`, `machine`. */
  ended(reader: ReaderProgram, end: number): void
  /** An attempt ended with Retry. */
  retried(reader: ReaderProgram): void
  /** A machine broke its contract. */
  stuck(reader: ReaderProgram, message: string): void
}

const lastRead: ReadPlan = { kind: 'read' }

export class ReaderProgram implements Program, OperationSink {
  readonly name: string
  /** A request's offset, length, known and wanted version; the target holds what was returned. */
  readonly request: {
    target: Uint8Array
    offset: number
    lengthBytes: number
    knownVersion: number
    wantedVersion: number
  }
  verdict: number = Verdict.Retry
  /** Version returned last in this incarnation; 0 before the first. */
  returned = 0
  /** Index of the newest publication returned in this incarnation; -1 before the first. */
  newest = -1
  attempts = 0
  /** Publications visible when the read began. */
  baseline = 0
  /** Before the read began the region was closed, or another generation had begun to store over it. */
  endedBefore = false
  readonly #world: World
  readonly #queuePair: SimulatedQueuePair
  readonly #plans: readonly ReadPlan[]
  readonly #events: ReaderEvents
  readonly #attemptsMax: number
  readonly #slots: LandingSlots
  readonly #history: StateHash = new StateHash()
  readonly #mayBegin: () => boolean
  /** Where it begins. */
  readonly #home: ReaderBinding
  #binding: ReaderBinding
  #slot = 0
  #plan = 0
  /** Chains posted so far; their ids. */
  #chains = 0
  #reading = false
  #status: number = Status.Success
  #over = false
  /** The read after all others: one attempt. */
  #last: 'none' | 'due' | 'begun' = 'none'

  constructor(
    name: string,
    world: World,
    queuePair: SimulatedQueuePair,
    binding: ReaderBinding,
    options: {
      readonly make: (incarnation: number) => ReaderMachine
      readonly plans: readonly ReadPlan[]
      readonly attemptsMax: number
      readonly payloadBytes: number
      readonly slots: number
      readonly events: ReaderEvents
      /** Whether it may begin yet, which stays so. */
      readonly mayBegin: () => boolean
    },
  ) {
    this.name = name
    this.#home = binding
    this.#world = world
    this.#queuePair = queuePair
    this.#binding = binding
    this.#plans = options.plans
    this.#attemptsMax = options.attemptsMax
    this.#events = options.events
    this.#mayBegin = options.mayBegin
    this.request = {
      target: new Uint8Array(options.payloadBytes),
      offset: 0,
      lengthBytes: options.payloadBytes,
      knownVersion: 0,
      wantedVersion: 0,
    }
    this.#slots = new LandingSlots(world, name, options.slots, options.make)
    queuePair.onComplete = (id, status) => this.#completed(id, status)
  }

  /** The machine of the present or last read. */
  get machine(): ReaderMachine {
    return this.#present.machine
  }

  get incarnation(): number {
    return this.#binding.incarnation
  }

  /** A read is in progress. */
  get reading(): boolean {
    return this.#reading
  }

  /** All reads have ended. */
  get over(): boolean {
    if (this.#last === 'due') return false
    return this.#over || (!this.#reading && this.#plan >= this.#plans.length)
  }

  /** Back to the beginning of a run. */
  reset(): void {
    this.#binding = this.#home
    this.#history.reset()
    this.#slot = 0
    this.#plan = 0
    this.#chains = 0
    this.#reading = false
    this.#over = false
    this.#last = 'none'
    this.returned = 0
    this.newest = -1
    this.verdict = Verdict.Retry
    this.attempts = 0
    this.baseline = 0
    this.endedBefore = false
    this.#status = Status.Success
    this.#slots.renewAll(this.#home.incarnation, true)
  }

  ready(): boolean {
    return !this.#reading && !this.over && this.#slots.free() >= 0 && this.#mayBegin()
  }

  /** Begins the next read. */
  act(): void {
    const plan = this.#last === 'due' ? lastRead : (this.#plans[this.#plan] as ReadPlan)
    if (this.#last === 'due') this.#last = 'begun'
    this.#plan += 1
    this.#slot = this.#slots.free()
    this.#ask(plan)
    this.attempts = 0
    this.#reading = true
    this.#world.recorder?.say('act', this.name, `begins read ${this.#plan} (${plan.kind})`)
    this.#events.began(this)
    this.machine.start(this.request)
    this.#attempt()
  }

  /** Gives the read up while its operations are in flight; the next one lands elsewhere. */
  timeOut(): void {
    this.#present.abandoned = true
    this.#end(ReadEnd.TimedOut)
  }

  /** Whether another read could begin after a time-out now. */
  get mayTimeOut(): boolean {
    return this.#reading && this.#slots.free(this.#slot) >= 0
  }

  /** From now on reads go to another incarnation of the region. */
  rebind(binding: ReaderBinding): void {
    this.#binding = binding
    this.returned = 0
    this.newest = -1
    this.#slots.renewAll(binding.incarnation, false)
  }

  /** One more read, whole, with a single attempt: of a region on which nothing happens any more. */
  readLast(): void {
    this.#over = false
    this.#plan = this.#plans.length
    this.#last = 'due'
  }

  /** Attempts of the present or last read, at most. */
  get attemptsMax(): number {
    return this.#last === 'begun' ? 1 : this.#attemptsMax
  }

  /** Hash of everything that landed in completed chains of this run. */
  get seen(): string {
    return this.#history.toString()
  }

  /** Makes a number that whoever observes the run has noted part of the state. */
  remember(noted: number): void {
    this.#history.mix(noted)
  }

  /** No more reads: the run has shown what it had to. */
  stop(): void {
    this.#over = true
    this.#reading = false
  }

  read(landingOffset: number, remoteOffset: number, lengthBytes: number, fenced: boolean): void {
    // A queue pair in the error state ends the read with its first operation.
    if (!this.#reading) return
    const { memory } = this.#binding
    const slot = this.#present
    const outside =
      remoteOffset < 0 ||
      lengthBytes < 1 ||
      landingOffset < 0 ||
      remoteOffset + lengthBytes > memory.bytes.length ||
      landingOffset + lengthBytes > slot.landing.bytes.length
    if (outside) {
      const span = `${lengthBytes} bytes at ${remoteOffset} to landing offset ${landingOffset}`
      this.#events.stuck(this, `asked for ${span}, outside its memory`)
      return
    }
    const flags = fenced ? OperationFlags.Fence : 0
    slot.outstanding += 1
    this.#queuePair.post(
      Opcode.Read,
      flags,
      slot.chain,
      slot.landing,
      landingOffset,
      memory,
      remoteOffset,
      lengthBytes,
    )
  }

  mix(hash: StateHash): void {
    hash.mix(this.#history.low)
    hash.mix(this.#history.high)
    hash.mix(this.#plan + (this.#reading ? 0x100 : 0) + (this.#over ? 0x200 : 0))
    hash.mix(this.attempts)
    hash.mix(this.#slot + 0x10 * this.#binding.incarnation + (this.endedBefore ? 0x1000 : 0))
    hash.mix(this.baseline)
    hash.mix(this.returned)
    hash.mix(this.newest)
    this.#slots.mix(hash)
    hash.mix(this.#status)
  }

  #ask(plan: ReadPlan): void {
    const { request } = this
    const payloadBytes = request.target.length
    const part = plan.kind === 'part'
    request.offset = part
      ? Math.min(payloadBytes - 1, Math.floor(((plan.from ?? 0) * payloadBytes) / 64))
      : 0
    const rest = payloadBytes - request.offset
    request.lengthBytes = part
      ? Math.min(rest, 1 + Math.floor(((plan.length ?? 0) * payloadBytes) / 64))
      : rest
    request.knownVersion = plan.kind === 'if-changed' ? this.returned : 0
    request.wantedVersion = plan.kind === 'version' ? (plan.version ?? 0) : 0
    request.target.fill(POISON)
  }

  get #present(): LandingSlot {
    return this.#slots.at(this.#slot)
  }

  #attempt(): void {
    this.attempts += 1
    const slot = this.#openChain()
    slot.machine.begin(this)
    if (slot.outstanding === 0 && this.#reading) {
      this.#events.stuck(this, 'began an attempt without operations')
    }
  }

  #openChain(): LandingSlot {
    const slot = this.#present
    this.#chains += 1
    slot.chain = this.#chains
    this.#status = Status.Success
    return slot
  }

  #completed(id: number, status: number): void {
    const slot = this.#slots.ofChain(id)
    if (slot === undefined) return
    slot.outstanding -= 1
    if (slot.abandoned) {
      if (slot.outstanding === 0) this.#slots.renew(slot, this.#binding.incarnation)
      return
    }
    if (status !== Status.Success && this.#status === Status.Success) this.#status = status
    if (slot.outstanding > 0 || !this.#reading) return
    if (this.#status === Status.Success) this.#resume(slot)
    else this.#end(ReadEnd.Transport)
  }

  #resume(slot: LandingSlot): void {
    const { words } = slot.landing
    for (let at = 0; at < words.length; at += 1) this.#history.mix(words[at] as number)
    this.#openChain()
    const verdict = slot.machine.resume(this)
    if (verdict === Verdict.More) {
      if (slot.outstanding === 0 && this.#reading) {
        this.#events.stuck(this, 'wanted more and posted nothing')
      }
      return
    }
    this.verdict = verdict
    if (verdict !== Verdict.Retry) {
      this.#end(ReadEnd.Verdict)
      return
    }
    this.#events.retried(this)
    if (this.attempts < this.attemptsMax) this.#attempt()
    else this.#end(ReadEnd.Exhausted)
  }

  #end(end: number): void {
    this.#reading = false
    this.#events.ended(this, end)
  }
}
