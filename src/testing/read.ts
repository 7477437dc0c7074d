// One remote READ as a reader's author writes it: where, how long, and what to make of the bytes that
// land. `yield*` posts it and gives its value. Invariant: a READ is immutable; `fenced` makes another.
import { argumentRangeError, argumentTypeError } from '../errors.ts'

/** READs that are posted together. Made by `yield* read` and `yield* io.chain(…)`. */
export class Chain {
  readonly reads: readonly Read<unknown>[]

  constructor(reads: readonly Read<unknown>[]) {
    for (const read of reads) {
      if (!(read instanceof Read)) throw argumentTypeError('a chain is made of READs')
    }
    if (reads.length === 0) throw argumentRangeError('a chain has at least one READ')
    this.reads = reads
  }
}

/** What a reader's generator gets back for a chain: one value for each READ. */
export type Landed = readonly unknown[]

export class Read<T> {
  readonly offset: number
  readonly lengthBytes: number
  /** It waits until all earlier READs of its chain have finished sampling. */
  readonly isFenced: boolean
  /** Makes the value of landed bytes, which are valid during the call only. */
  readonly decode: (landed: Uint8Array) => T

  /**
   * `offset` and `lengthBytes` count bytes of the region.
   * @throws TypeError ERR_UNTORN_ARGUMENT no integers
   */
  constructor(
    offset: number,
    lengthBytes: number,
    decode: (landed: Uint8Array) => T,
    isFenced = false,
  ) {
    if (!Number.isInteger(offset) || !Number.isInteger(lengthBytes)) {
      throw argumentTypeError(
        `a READ needs an offset and a length in whole bytes, not ${String(offset)}, ` +
          String(lengthBytes),
      )
    }
    this.offset = offset
    this.lengthBytes = lengthBytes
    this.decode = decode
    this.isFenced = isFenced
  }

  /**
   * The same READ, posted with a fence: it samples only after all earlier READs of its chain. A READ
   * in a chain of its own needs none: the chain before it has landed already.
   */
  fenced(): Read<T> {
    return new Read(this.offset, this.lengthBytes, this.decode, true)
  }

  /** Posts the READ as a chain of its own. */
  *[Symbol.iterator](): Generator<Chain, T, Landed> {
    const [value] = yield new Chain([this])
    return value as T
  }
}
