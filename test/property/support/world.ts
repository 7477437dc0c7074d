// A small adversarial world: one owner whose recorded stores drain into visible memory, and one
// queue pair whose READs sample it granule by granule, interleaved as the tape says. Not a
// simulator: one reader at a time, READs only, but every freedom of the sampling model.
import type { OperationSink } from '../../../src/protocols/index.ts'
import type { ChoiceTape } from './choice-tape.ts'
import type { SamplingModel } from './sampling-model.ts'
import type { Trace } from './trace.ts'

/** Reduced from a path MTU, so that small payloads span several packets. */
const PACKET_BYTES = 64
const REPLAYS_MAX = 2
/** How far a weak CPU looks ahead: bounds the work of a step. */
const WINDOW_MAX = 64
const POISON = 0xd7

interface Read {
  readonly landingOffset: number
  readonly remoteOffset: number
  readonly lengthBytes: number
  readonly fenced: boolean
  /** Where each piece still to sample begins, in benign order. */
  pending: number[]
  replaysLeft: number
  complete: boolean
}

export class World implements OperationSink {
  readonly visible: Uint8Array
  readonly landing: Uint8Array
  /** READs between whose samples a store became visible. */
  overlaps = 0
  readonly #model: SamplingModel
  readonly #trace: Trace
  readonly #tape: ChoiceTape
  readonly #drained: Uint8Array
  /** All stores before this one are visible. */
  #prefix = 0
  /** Publications whose stores are all visible, minus one. */
  #publication = 0
  /** Stores made visible in any order, and some of the terminal mark among them. */
  #drainedCount = 0
  #closing = false
  /** Publications to skip for one jump of the tape; see `drain`. */
  readonly #jump: number
  /** The owner drains nothing while a chain is in flight. */
  readonly #quiescent: boolean
  #chain: Read[] = []

  constructor(
    model: SamplingModel,
    trace: Trace,
    tape: ChoiceTape,
    landingBytes: number,
    options: {
      readonly jump?: number
      readonly quiescent?: boolean
      readonly blank?: boolean
    } = {},
  ) {
    this.#model = model
    this.#trace = trace
    this.#tape = tape
    this.#jump = options.jump ?? 2
    this.#quiescent = options.quiescent ?? false
    this.visible = new Uint8Array(trace.memory.lengthBytes)
    this.landing = new Uint8Array(landingBytes)
    this.#drained = new Uint8Array(trace.memory.offsets.length)
    if (options.blank !== true) this.drainTo(trace.formatEnd)
  }

  /** Stores not visible yet. */
  get pendingStores(): number {
    return this.#drained.length - this.#drainedCount
  }

  /** Last version all of whose stores are visible. */
  get publishedVersion(): number {
    const ends = this.#trace.publishEnds
    while ((ends[this.#publication + 1] ?? Infinity) <= this.#prefix) this.#publication += 1
    return this.#trace.publishVersions[this.#publication] as number
  }

  /** A store of the terminal mark is visible. */
  get closing(): boolean {
    return this.#closing
  }

  /** The whole terminal mark is visible. */
  get closed(): boolean {
    return this.#closing && this.pendingStores === 0
  }

  read(landingOffset: number, remoteOffset: number, lengthBytes: number, fenced: boolean): void {
    const outside = remoteOffset < 0 || remoteOffset + lengthBytes > this.visible.length
    if (outside || lengthBytes < 1 || landingOffset + lengthBytes > this.landing.length) {
      throw new Error(`READ of ${lengthBytes} bytes at ${remoteOffset} to ${landingOffset}`)
    }
    this.landing.fill(POISON, landingOffset, landingOffset + lengthBytes)
    const read: Read = {
      landingOffset,
      remoteOffset,
      lengthBytes,
      fenced,
      pending: [],
      replaysLeft: this.#model.replay ? REPLAYS_MAX : 0,
      complete: false,
    }
    this.#fillPending(read, 0)
    this.#chain.push(read)
  }

  /** Runs the posted chain to its end. */
  runChain(): void {
    const before = this.#drainedCount
    for (;;) {
      const choice = this.#tape.next()
      const read = this.#pick(choice >>> 3)
      if (read === undefined) break
      if (!this.#quiescent) this.#drainSome(choice)
      this.#sample(read, choice >>> 5)
      if (read.pending.length === 0) this.#finish(read)
    }
    this.#chain = []
    if (this.#drainedCount !== before) this.overlaps += 1
  }

  /** Lets the owner run between attempts: `choice` as in `#drainSome`, or whole writes only. */
  pause(choice: number): void {
    if (!this.#quiescent) this.#drainSome(choice)
    else if (choice % 2 === 1) this.drainTo(this.#endOfWrites(1))
  }

  /** Makes every store before `end` visible. */
  drainTo(end: number): void {
    while (this.#prefix < Math.min(end, this.#drained.length)) this.#drainOne(this.#prefix)
  }

  #drainSome(choice: number): void {
    switch (choice & 7) {
      case 3:
      case 4:
        this.#drainAny(choice >>> 3)
        break
      case 5:
        for (let left = (choice >>> 3) & 7; left >= 0; left -= 1) this.#drainAny(choice >>> left)
        break
      case 6:
        this.drainTo(this.#endOfWrites(1))
        break
      case 7:
        this.drainTo(this.#endOfWrites(this.#jump))
        break
      default:
    }
  }

  /** Index just behind the stores of the `count`th publication from here. */
  #endOfWrites(count: number): number {
    void this.publishedVersion
    const ends = this.#trace.publishEnds
    return ends[Math.min(this.#publication + count, ends.length - 1)] as number
  }

  #drainAny(pick: number): void {
    if (this.#prefix >= this.#drained.length) return
    if (this.#model.cpu === 'tso') {
      this.#drainOne(this.#prefix)
      return
    }
    const { epochs, offsets, values } = this.#trace.memory
    // Any store of the oldest barrier epoch that has undrained ones, as long as no older store to
    // the same word waits: stores to one word never pass each other.
    const open: number[] = []
    const words = new Set<number>()
    const epoch = epochs[this.#prefix]
    const end = Math.min(this.#drained.length, this.#prefix + WINDOW_MAX)
    for (let at = this.#prefix; at < end && epochs[at] === epoch; at += 1) {
      if (this.#drained[at] === 1) continue
      const word = (offsets[at] as number) >> 3
      const last = ((offsets[at] as number) + (values[at] as Uint8Array).length - 1) >> 3
      if (!words.has(word) && !words.has(last)) open.push(at)
      words.add(word)
      words.add(last)
    }
    this.#drainOne(open[pick % open.length] as number)
  }

  #drainOne(index: number): void {
    this.visible.set(
      this.#trace.memory.values[index] as Uint8Array,
      this.#trace.memory.offsets[index],
    )
    this.#drained[index] = 1
    this.#drainedCount += 1
    if (index >= this.#trace.closeStart) this.#closing = true
    while (this.#drained[this.#prefix] === 1) this.#prefix += 1
  }

  #pick(choice: number): Read | undefined {
    const eligible: Read[] = []
    let earlierComplete = true
    for (const read of this.#chain) {
      if (read.fenced && !earlierComplete) break
      if (!read.complete) {
        eligible.push(read)
        earlierComplete = false
        if (this.#model.readAfterRead === 'ordered') break
      }
    }
    return eligible[choice % Math.max(1, eligible.length)]
  }

  #sample(read: Read, choice: number): void {
    const pending = read.pending
    const index = this.#model.sampling === 'arbitrary' ? choice % pending.length : 0
    const from = pending[index] as number
    pending.splice(index, 1)
    // A piece ends with its granule, its packet or the READ: packets are copied one by one.
    const granuleEnd = (Math.floor(from / this.#model.granuleBytes) + 1) * this.#model.granuleBytes
    const packet = Math.floor((from - read.remoteOffset) / PACKET_BYTES) + 1
    const packetEnd = read.remoteOffset + Math.min(packet * PACKET_BYTES, read.lengthBytes)
    const end = Math.min(granuleEnd, packetEnd)
    const to = read.landingOffset + from - read.remoteOffset
    for (let at = from; at < end; at += 1) {
      this.landing[to + at - from] = this.visible[at] as number
    }
  }

  #finish(read: Read): void {
    if (read.replaysLeft > 0) {
      const choice = this.#tape.next()
      read.replaysLeft -= 1
      if (choice % 3 === 1) {
        const packets = Math.ceil(read.lengthBytes / PACKET_BYTES)
        this.#fillPending(read, (choice >>> 2) % packets)
        return
      }
    }
    read.complete = true
  }

  /** Queues all granules from packet `packet` on; one packet in two is copied backwards. */
  #fillPending(read: Read, packet: number): void {
    const granule = this.#model.granuleBytes
    const backwards = this.#model.sampling === 'packets' && this.#tape.next() % 2 === 1
    const end = read.remoteOffset + read.lengthBytes
    for (let at = read.remoteOffset + packet * PACKET_BYTES; at < end; at += PACKET_BYTES) {
      const starts: number[] = []
      const packetEnd = Math.min(end, at + PACKET_BYTES)
      for (let from = at; from < packetEnd; from += granule - (from % granule)) starts.push(from)
      if (backwards) starts.reverse()
      read.pending.push(...starts)
    }
  }
}
