// Machines of a toy: a counter in one word, which is incremented with a READ and a compare-and-swap, and
// plain WRITEs and READs of words. Small enough to be right or wrong at sight.
import {
  type EvidenceCode,
  Evidence,
  type RemoteMachine,
  type RemoteSink,
  Verdict,
  type VerdictCode,
} from '../../../../src/protocols/machine.ts'

abstract class ToyMachine implements RemoteMachine {
  readonly landingBytes: number = 64
  evidence: EvidenceCode = Evidence.None
  version = 0
  protected words: BigUint64Array = new BigUint64Array(8)

  bind(landing: Uint8Array): void {
    this.words = new BigUint64Array(landing.buffer, landing.byteOffset, 8)
  }

  abstract begin(sink: RemoteSink): void
  abstract resume(sink: RemoteSink): VerdictCode
}

/** Adds 1 to the word at `offset`; `version` is what it found there. */
export class Increment extends ToyMachine {
  readonly #offset: number
  readonly #checks: boolean
  #known: bigint | null = null

  /** @param checks false: takes it that every swap is done */
  constructor(offset: number, checks = true) {
    super()
    this.#offset = offset
    this.#checks = checks
  }

  begin(sink: RemoteSink): void {
    this.#known = null
    sink.read(0, this.#offset, 8, false)
  }

  resume(sink: RemoteSink): VerdictCode {
    const [read = 0n, found = 0n] = this.words
    if (this.#known === null) {
      this.#known = read
      sink.compareAndSwap(8, this.#offset, read, read + 1n, false)
      return Verdict.More
    }
    this.version = Number(this.#known)
    if (!this.#checks || found === this.#known) return Verdict.Done
    this.evidence = Evidence.WriterActive
    return Verdict.Retry
  }
}

/** WRITEs some words and READs others, in one chain; `found` is what landed. */
export class PutAndGet extends ToyMachine {
  readonly #put: readonly (readonly [offset: number, value: bigint])[]
  readonly #get: readonly number[]
  readonly #fenced: boolean

  constructor(
    put: readonly (readonly [offset: number, value: bigint])[],
    get: readonly number[],
    fenced = true,
  ) {
    super()
    this.#put = put
    this.#get = get
    this.#fenced = fenced
  }

  get found(): readonly number[] {
    return this.#get.map((_, index) => Number(this.words[4 + index]))
  }

  begin(sink: RemoteSink): void {
    this.#put.forEach(([offset, value], index) => {
      this.words[index] = value
      sink.write(8 * index, offset, 8, false)
    })
    this.#get.forEach((offset, index) => {
      sink.read(32 + 8 * index, offset, 8, this.#fenced)
    })
  }

  resume(): VerdictCode {
    return Verdict.Done
  }
}

/** Changes what its WRITE may yet have fetched. */
export class Meddler extends ToyMachine {
  begin(sink: RemoteSink): void {
    this.words[0] = 1n
    sink.write(0, 0, 8, false)
    this.words[0] = 2n
  }

  resume(): VerdictCode {
    return Verdict.Done
  }
}
