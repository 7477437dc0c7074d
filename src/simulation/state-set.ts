// A set of 64-bit state hashes: open addressing with linear probing in one typed array, at most half
// full, doubled when it gets fuller. Invariant: what was added is found for ever. Two states with
// equal hashes count as one; `StateHash` says how unlikely that is.

const capacityMin = 1024

export class StateSet {
  /** Hashes held. */
  size = 0
  readonly #sizeMax: number
  /** Slot i is words 2·i (low half) and 2·i + 1 (high half); both 0: free. */
  #slots = new Int32Array(capacityMin * 2)
  #mask = capacityMin - 1
  /** The hash 0 looks like a free slot. */
  #hasZero = false

  /** `sizeMax`: from then on nothing is added; 16 to 32 bytes each. */
  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax
  }

  /** Whether it cannot take more. */
  get full(): boolean {
    return this.size >= this.#sizeMax
  }

  /**
   * Adds a hash, given as two 32-bit halves. False when it was there already. When the set is full
   * a new hash is not added, and the answer is true all the same.
   */
  add(low: number, high: number): boolean {
    const lowHalf = low | 0
    const highHalf = high | 0
    if ((lowHalf | highHalf) === 0) return this.#addZero()
    let slot = this.#find(lowHalf, highHalf)
    if (((this.#slots[slot] as number) | (this.#slots[slot + 1] as number)) !== 0) return false
    if (this.full) return true
    if (this.size * 2 >= this.#mask) {
      this.#grow()
      slot = this.#find(lowHalf, highHalf)
    }
    this.#slots[slot] = lowHalf
    this.#slots[slot + 1] = highHalf
    this.size += 1
    return true
  }

  #addZero(): boolean {
    if (this.#hasZero) return false
    if (this.full) return true
    this.#hasZero = true
    this.size += 1
    return true
  }

  /** First word of the slot that holds the hash, or of the free one where it belongs. */
  #find(low: number, high: number): number {
    const slots = this.#slots
    for (let at = (low ^ Math.imul(high, 0x9e37_79b1)) & this.#mask; ; at = (at + 1) & this.#mask) {
      const slotLow = slots[at * 2] as number
      const slotHigh = slots[at * 2 + 1] as number
      if (slotLow === low && slotHigh === high) return at * 2
      if ((slotLow | slotHigh) === 0) return at * 2
    }
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new Int32Array(old.length * 2)
    this.#mask = this.#mask * 2 + 1
    for (let word = 0; word < old.length; word += 2) {
      const low = old[word] as number
      const high = old[word + 1] as number
      if ((low | high) === 0) continue
      const slot = this.#find(low, high)
      this.#slots[slot] = low
      this.#slots[slot + 1] = high
    }
  }
}
