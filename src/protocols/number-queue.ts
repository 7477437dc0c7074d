// A queue of numbers, first in, first out, that allocates only when it grows.

const CAPACITY_MIN = 16

/** First in, first out. */
export class NumberQueue {
  #ring: Float64Array = new Float64Array(CAPACITY_MIN)
  #first = 0
  #count = 0

  get count(): number {
    return this.#count
  }

  push(value: number): void {
    if (this.#count === this.#ring.length) this.#grow()
    this.#ring[(this.#first + this.#count) % this.#ring.length] = value
    this.#count += 1
  }

  /** The oldest one, taken out; NaN when empty. */
  shift(): number {
    if (this.#count === 0) return Number.NaN
    const value = this.#ring[this.#first] as number
    this.#first = (this.#first + 1) % this.#ring.length
    this.#count -= 1
    return value
  }

  /** The one that `index` others came before; NaN when there are not that many. */
  at(index: number): number {
    if (index < 0 || index >= this.#count) return Number.NaN
    return this.#ring[(this.#first + index) % this.#ring.length] as number
  }

  /** Takes out those that `keep` refuses; the others stay in order. */
  retain(keep: (value: number) => boolean): void {
    for (let left = this.#count; left > 0; left -= 1) {
      const value = this.shift()
      if (keep(value)) this.push(value)
    }
  }

  #grow(): void {
    const ring = new Float64Array(2 * this.#ring.length)
    for (let at = 0; at < this.#count; at += 1) ring[at] = this.at(at)
    this.#ring = ring
    this.#first = 0
  }
}
