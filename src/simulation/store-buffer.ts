// One CPU's stores on their way to memory. Under total store order they become visible in order;
// on a weak CPU in any order between barriers, except that stores to one word never pass each
// other. Unbounded: a store may stay invisible as long as the schedule likes.
//
// A single owner's stores do not depend on what remote readers do. So they may be recorded before a
// run, sealed, and drained between the others' steps: that explores every interleaving, and a crash
// is "the rest never drains".
import { type ChoiceLabelCode, ChoiceLabel, type Oracle } from './oracle.ts'
import type { SimulatedMemory } from './simulated-memory.ts'
import type { StateHash } from './state-hash.ts'
import type { TraceRecorder } from './trace-recorder.ts'

/** How far ahead a weak CPU drains, stores: bounds the work of a step. */
const WINDOW_MAX = 64
const FIRST_CAPACITY = 64

/** What a buffer needs to know of its world. */
export interface BufferHost {
  readonly oracle: Oracle
  readonly steps: number
  readonly recorder: TraceRecorder | null
  /** Grows whenever memory may have changed, or who stores to it. */
  motion: number
  /** The CPU did something, so it is the actor that stepped last. */
  touched(actor: number): void
}

export class StoreBuffer {
  readonly name: string
  /** Index among the world's actors. */
  readonly actor: number
  /** Extra choices: so many whole publications become visible in one step. */
  bursts: readonly number[] = []
  /** Only bursts: every publication becomes visible as a whole. */
  onlyBursts = false
  /** Nothing drains while true. */
  frozen = false
  /** All stores before this one are visible. */
  prefix = 0
  /** Stores that are visible. */
  drained = 0
  /** The CPU died: what waits never becomes visible. */
  crashed = false
  readonly #host: BufferHost
  readonly #weak: boolean
  #count = 0
  #epoch = 0
  #sealedCount = 0
  #sealedEpoch = 0
  /** How many marks lie at or before the prefix. */
  #marksPassed = 0
  /** Stores that a weak CPU may drain next; -1: not counted since the last change. */
  #singlesCounted = -1
  #memories: SimulatedMemory[] = []
  #notes: string[] = []
  #versions: number[] = []
  #marks: number[] = []
  #offsets: Int32Array = new Int32Array(FIRST_CAPACITY)
  #lengths: Uint8Array = new Uint8Array(FIRST_CAPACITY)
  #values: Uint8Array = new Uint8Array(8 * FIRST_CAPACITY)
  #epochs: Int32Array = new Int32Array(FIRST_CAPACITY)
  /** The store of the same epoch to the same word that has to drain before, or -1. */
  #after: Int32Array = new Int32Array(FIRST_CAPACITY)
  #done: Uint8Array = new Uint8Array(FIRST_CAPACITY)

  constructor(name: string, actor: number, cpu: 'tso' | 'weak', host: BufferHost) {
    this.name = name
    this.actor = actor
    this.#weak = cpu === 'weak'
    this.#host = host
  }

  /** Stores recorded so far, visible or not. */
  get count(): number {
    return this.#count
  }

  /** Nothing waits, so a full fence may pass. */
  get empty(): boolean {
    return this.prefix === this.#count
  }

  /** Number of stores up to the end of each publication. */
  get marks(): readonly number[] {
    return this.#marks
  }

  /**
   * Appends a store of 1 to 8 bytes inside one aligned word.
   * @param note for reports
   */
  store(memory: SimulatedMemory, offset: number, bytes: Uint8Array, note: string = ''): void {
    const length = bytes.length
    if (length < 1 || offset >>> 3 !== (offset + length - 1) >>> 3 || offset < 0) {
      throw new Error(`a store of ${length} bytes at ${offset} is not inside one word`)
    }
    if (offset + length > memory.bytes.length) {
      throw new Error(`a store at ${offset} is outside ${memory.name}`)
    }
    // Nothing of a run is sealed and nothing waits: start over, so that long runs stay small.
    if (this.empty && this.#sealedCount === 0) this.#forget()
    const index = this.#count
    if (index === this.#offsets.length) this.#grow()
    this.#memories[index] = memory
    this.#notes[index] = note
    this.#versions[index] = 0
    this.#offsets[index] = offset
    this.#lengths[index] = length
    this.#values.set(bytes, 8 * index)
    this.#epochs[index] = this.#epoch
    this.#done[index] = 0
    this.#after[index] = this.#earlierToSameWord(memory, offset)
    this.#count = index + 1
    this.#singlesCounted = -1
    this.#host.touched(this.actor)
  }

  /** Orders all stores before it against all stores after it. */
  barrier(): void {
    this.#epoch += 1
  }

  /** Tells which version the stores from `from` on belong to; for reports. */
  label(from: number, version: number): void {
    for (let index = from; index < this.#count; index += 1) this.#versions[index] = version
  }

  /** The publication that began after the last mark ends here. */
  mark(): void {
    this.#marks.push(this.#count)
  }

  /** Whether any store from number `index` on is visible. */
  visibleFrom(index: number): boolean {
    if (index < this.prefix) return true
    for (let at = index; at < this.#count; at += 1) if (this.#done[at] === 1) return true
    return false
  }

  /** What this CPU sees: its own waiting stores over memory. */
  load(memory: SimulatedMemory, offset: number, target: Uint8Array): void {
    for (let at = 0; at < target.length; at += 1) target[at] = memory.bytes[offset + at] as number
    for (let index = this.prefix; index < this.#count; index += 1) {
      if (this.#done[index] === 1 || this.#memories[index] !== memory) continue
      const start = (this.#offsets[index] as number) - offset
      for (let at = 0; at < (this.#lengths[index] as number); at += 1) {
        const to = start + at
        if (to >= 0 && to < target.length) target[to] = this.#values[8 * index + at] as number
      }
    }
  }

  /** What waits never becomes visible, and nothing is stored any more. */
  crash(): void {
    this.crashed = true
    this.#host.motion += 1
  }

  /** What was stored so far is part of the beginning of every run, not yet visible. */
  seal(): void {
    this.#sealedCount = this.#count
    this.#sealedEpoch = this.#epoch
  }

  /**
   * Works out from what was recorded when each granule of `memory` has changed for the last time.
   * For a memory that nobody else stores to, and whose present contents are the beginning.
   */
  foresee(memory: SimulatedMemory): void {
    memory.foresee()
    const image = memory.bytes.slice()
    for (let index = 0; index < this.#count; index += 1) {
      if (this.#memories[index] !== memory) continue
      const offset = this.#offsets[index] as number
      for (let at = 0; at < (this.#lengths[index] as number); at += 1) {
        const byte = this.#values[8 * index + at] as number
        // A later store brings it back: stores to one word never pass each other.
        if (image[offset + at] !== byte) memory.settles(offset + at, index)
        image[offset + at] = byte
      }
    }
  }

  reset(): void {
    this.#count = this.#sealedCount
    this.#epoch = this.#sealedEpoch
    this.#singlesCounted = -1
    this.#done.fill(0)
    this.prefix = 0
    this.drained = 0
    this.#marksPassed = 0
    this.crashed = false
    this.frozen = false
  }

  /** Ways in which the next store may become visible; 0 when none can. */
  options(): number {
    if (this.empty || this.frozen || this.crashed) return 0
    if (this.onlyBursts) return this.#burstCount()
    return this.#singles() + this.#burstCount()
  }

  take(): void {
    const count = this.options()
    const label: ChoiceLabelCode = ChoiceLabel.Store
    let choice = count === 1 ? 0 : this.#host.oracle.choose(count, label)
    const singles = this.onlyBursts ? 0 : this.#singles()
    if (choice < singles) {
      this.#drain(this.#weak ? this.#drainable(choice) : this.prefix)
      return
    }
    choice -= singles
    const marks = this.#marks
    const mark = Math.min(this.#marksPassed + (this.bursts[choice] as number), marks.length) - 1
    this.drainTo(marks[mark] as number)
  }

  /** Makes all stores before `end` visible at once. */
  drainTo(end: number): void {
    const to = Math.min(end, this.#count)
    while (this.prefix < to) this.#drain(this.prefix)
  }

  mix(hash: StateHash): void {
    hash.mix(this.prefix)
    hash.mix((this.crashed ? 1 : 0) + (this.frozen ? 2 : 0))
    if (this.#weak && this.drained !== this.prefix) {
      const end = Math.min(this.#count, this.prefix + WINDOW_MAX)
      for (let index = this.prefix; index < end; index += 1) {
        if (this.#done[index] === 1) hash.mix(index)
      }
    }
    // What a program stored during the run is part of the state; what was sealed is always there.
    hash.mix(this.#count)
    for (let index = Math.max(this.prefix, this.#sealedCount); index < this.#count; index += 1) {
      hash.mix(this.#offsets[index] as number)
      hash.mix(this.#lengths[index] as number)
      hash.mix((this.#memories[index] as SimulatedMemory).index)
      hash.mix(this.#epochs[index] as number)
      for (let at = 0; at < (this.#lengths[index] as number); at += 1) {
        hash.mix(this.#values[8 * index + at] as number)
      }
    }
  }

  #burstCount(): number {
    return this.#marksPassed < this.#marks.length ? this.bursts.length : 0
  }

  #singles(): number {
    if (!this.#weak) return 1
    if (this.#singlesCounted < 0) this.#singlesCounted = this.#countSingles()
    return this.#singlesCounted
  }

  #countSingles(): number {
    let count = 0
    const end = this.#windowEnd()
    for (let index = this.prefix; index < end; index += 1) {
      if (this.#free(index)) count += 1
    }
    return count
  }

  #drainable(choice: number): number {
    let left = choice
    const end = this.#windowEnd()
    for (let index = this.prefix; index < end; index += 1) {
      if (this.#free(index)) {
        if (left === 0) return index
        left -= 1
      }
    }
    throw new Error('a store buffer counted more stores than it has')
  }

  /** Behind the last store of the oldest epoch that waits, at most a window further. */
  #windowEnd(): number {
    const epoch = this.#epochs[this.prefix] as number
    const max = Math.min(this.#count, this.prefix + WINDOW_MAX)
    let end = this.prefix
    while (end < max && this.#epochs[end] === epoch) end += 1
    return end
  }

  #free(index: number): boolean {
    if (this.#done[index] === 1) return false
    const after = this.#after[index] as number
    return after < this.prefix || this.#done[after] === 1
  }

  #earlierToSameWord(memory: SimulatedMemory, offset: number): number {
    if (!this.#weak) return -1
    for (let index = this.#count - 1; index >= this.prefix; index -= 1) {
      if (this.#epochs[index] !== this.#epoch) return -1
      const same = this.#memories[index] === memory && this.#done[index] === 0
      if (same && (this.#offsets[index] as number) >>> 3 === offset >>> 3) return index
    }
    return -1
  }

  #drain(index: number): void {
    const memory = this.#memories[index] as SimulatedMemory
    const offset = this.#offsets[index] as number
    const length = this.#lengths[index] as number
    const { steps, recorder } = this.#host
    memory.store(offset, this.#values, 8 * index, length, steps)
    recorder?.store(this.name, memory, offset, length, this.#noteOf(index), this.#versionOf(index))
    this.#done[index] = 1
    this.#singlesCounted = -1
    this.#host.motion += 1
    this.drained += 1
    while (this.prefix < this.#count && this.#done[this.prefix] === 1) this.prefix += 1
    const marks = this.#marks
    while ((marks[this.#marksPassed] ?? Infinity) <= this.prefix) this.#marksPassed += 1
  }

  #noteOf(index: number): string {
    return this.#notes[index] ?? ''
  }

  #versionOf(index: number): number {
    return this.#versions[index] ?? 0
  }

  #forget(): void {
    this.#count = 0
    this.prefix = 0
    this.drained = 0
    this.#epoch = 0
    this.#marks.length = 0
    this.#marksPassed = 0
  }

  #grow(): void {
    const capacity = 2 * this.#offsets.length
    const grown = <T extends Int32Array | Uint8Array>(from: T, to: T): T => {
      to.set(from)
      return to
    }
    this.#offsets = grown(this.#offsets, new Int32Array(capacity))
    this.#epochs = grown(this.#epochs, new Int32Array(capacity))
    this.#after = grown(this.#after, new Int32Array(capacity))
    this.#lengths = grown(this.#lengths, new Uint8Array(capacity))
    this.#done = grown(this.#done, new Uint8Array(capacity))
    this.#values = grown(this.#values, new Uint8Array(8 * capacity))
  }
}
