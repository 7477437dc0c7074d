// A 64-bit hash of a state, mixed from 32-bit integers: tells explored states from new ones, traces
// of one run from those of another. Two accumulators with different multipliers (murmur3's finaliser
// constants); for n states the chance of any collision is below n²/2⁶⁵.

export class StateHash {
  low = 0
  high = 0

  reset(): void {
    this.low = 0x9e37_79b9
    this.high = 0x7f4a_7c15
  }

  /** Mixes in a 32-bit integer; of larger numbers only the low 32 bits count. */
  mix(value: number): void {
    let a = this.low ^ value
    a = Math.imul(a ^ (a >>> 16), 0x85eb_ca6b)
    a ^= a >>> 13
    let b = Math.imul(this.high ^ value ^ a, 0xc2b2_ae35)
    b ^= b >>> 15
    this.low = Math.imul(a, 5) + 0xe654_6b64
    this.high = Math.imul(b, 0x27d4_eb2f) + 0x1656_67b1
  }

  /** Sixteen hexadecimal digits. */
  toString(): string {
    const half = (value: number): string => (value >>> 0).toString(16).padStart(8, '0')
    return half(this.high) + half(this.low)
  }
}
