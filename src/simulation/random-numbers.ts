// Random numbers from a seed: xoroshiro128+ (Blackman and Vigna, 2018) as the package pure-rand has
// it. The one source of randomness of all strategies; draws allocate nothing.
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'
import { StateHash } from './state-hash.ts'

/** The seed fills little of the generator's state; its first numbers resemble the seed. */
const warmUpDraws = 16

export class RandomNumbers {
  readonly #generator: RandomGenerator

  /** `seed`: any integer, of which the low 32 bits count; `stream` tells users of one seed apart. */
  constructor(seed: number, stream = 0) {
    const hash = new StateHash()
    hash.reset()
    hash.mix(seed)
    hash.mix(stream)
    this.#generator = xoroshiro128plus(hash.low)
    for (let draw = 0; draw < warmUpDraws; draw += 1) this.#generator.next()
  }

  /** A number from 0 to `count` - 1, all equally likely; `count` is from 1 to 2³². */
  below(count: number): number {
    return uniformInt(this.#generator, 0, count - 1)
  }

  /** True once in `count` times. */
  oneIn(count: number): boolean {
    return this.below(count) === 0
  }
}
