// Which units of the owner's heap are whose. Everything about it lies here, outside the heap: peers
// read that memory, and stores to it go through a port that orders them; so an allocator that keeps its
// lists between the blocks (@thi.ng/malloc does, and it wants an ArrayBuffer) does not fit.
//
// Spans of the size of the largest object are given to one size class each, and taken back when they
// are empty and another class wants them. Within a class units come back first in, first out: what
// was freed last is reused last, which is kindest to those who still read it without a pin.
//
// Invariants: an allocated unit is not allocated again before it is freed; while fewer objects than
// spans exist, an object of any class finds room, whatever was allocated and freed before.
import { NumberQueue } from '../number-queue.ts'
import { SIZE_CLASS_MAX, classUnits } from './layout.ts'

/** How full a heap is. Units are 64 bytes. */
export interface HeapStatistics {
  readonly units: number
  /** Units of objects that exist: the present one, and those not reclaimed yet. */
  readonly usedUnits: number
  readonly objects: number
  readonly spans: number
  /** Spans without an object. */
  readonly emptySpans: number
}

export class CellHeap {
  readonly #spanUnits: number
  /** Class that each span is given to; 0: none. */
  readonly #classes: Uint8Array
  /** Objects in each span. */
  readonly #counts: Uint32Array
  /** Free units of each class. */
  readonly #free: NumberQueue[] = []
  /** Spans given to no class. */
  readonly #unused: NumberQueue = new NumberQueue()
  #emptySpans: number
  #objects = 0
  #usedUnits = 0
  /** Where the search for an empty span goes on. */
  #cursor = 0

  constructor(spanCount: number, spanUnits: number) {
    this.#spanUnits = spanUnits
    this.#classes = new Uint8Array(spanCount)
    this.#counts = new Uint32Array(spanCount)
    this.#emptySpans = spanCount
    for (let span = 0; span < spanCount; span += 1) this.#unused.push(span)
    for (let sizeClass = 0; sizeClass <= SIZE_CLASS_MAX; sizeClass += 1) {
      this.#free.push(new NumberQueue())
    }
  }

  get statistics(): HeapStatistics {
    return {
      units: this.#classes.length * this.#spanUnits,
      usedUnits: this.#usedUnits,
      objects: this.#objects,
      spans: this.#classes.length,
      emptySpans: this.#emptySpans,
    }
  }

  /** Whether `allocate` would find room. */
  hasRoom(sizeClass: number): boolean {
    return this.#emptySpans > 0 || this.#freeOf(sizeClass).count > 0
  }

  /** The unit where an object of a class may lie from now on; -1 when there is no room. */
  allocate(sizeClass: number): number {
    const free = this.#freeOf(sizeClass)
    if (free.count === 0 && !this.#giveSpan(sizeClass)) return -1
    const unit = free.shift()
    const span = Math.floor(unit / this.#spanUnits)
    if (this.#counts[span] === 0) this.#emptySpans -= 1
    this.#counts[span] = (this.#counts[span] as number) + 1
    this.#objects += 1
    this.#usedUnits += classUnits(sizeClass)
    return unit
  }

  /** Gives the unit of an allocated object back; once. */
  free(unit: number): void {
    const span = Math.floor(unit / this.#spanUnits)
    const sizeClass = this.#classes[span] as number
    if ((this.#counts[span] as number) === 0) throw new Error(`unit ${unit} was freed twice`)
    this.#counts[span] = (this.#counts[span] as number) - 1
    if (this.#counts[span] === 0) this.#emptySpans += 1
    this.#objects -= 1
    this.#usedUnits -= classUnits(sizeClass)
    this.#freeOf(sizeClass).push(unit)
  }

  /** Class of the span in which a unit lies: that of its objects. */
  classOf(unit: number): number {
    return this.#classes[Math.floor(unit / this.#spanUnits)] as number
  }

  #freeOf(sizeClass: number): NumberQueue {
    return this.#free[sizeClass] as NumberQueue
  }

  #giveSpan(sizeClass: number): boolean {
    if (this.#emptySpans === 0) return false
    const span = this.#unused.count > 0 ? this.#unused.shift() : this.#takeBack()
    this.#classes[span] = sizeClass
    const units = classUnits(sizeClass)
    const first = span * this.#spanUnits
    for (let at = 0; at + units <= this.#spanUnits; at += units) {
      this.#freeOf(sizeClass).push(first + at)
    }
    return true
  }

  /** Takes an empty span from its class. There is one: the caller has looked. */
  #takeBack(): number {
    const count = this.#classes.length
    while ((this.#counts[this.#cursor] as number) > 0) this.#cursor = (this.#cursor + 1) % count
    const span = this.#cursor
    this.#cursor = (span + 1) % count
    const first = span * this.#spanUnits
    const end = first + this.#spanUnits
    this.#freeOf(this.#classes[span] as number).retain((unit) => unit < first || unit >= end)
    return span
  }
}
