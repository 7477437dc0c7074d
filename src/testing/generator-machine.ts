// A reader written as a generator, as the machine that drivers run. Each attempt is a fresh run of
// the generator; each chain that it yields is one chain of operations. Invariant: what an attempt
// learns is what landed in it, and of earlier reads the version alone.
import { UntornError, argumentRangeError } from '../errors.ts'
import {
  Evidence,
  type EvidenceCode,
  type OperationSink,
  type ReadRequest,
  type ReaderMachine,
  Verdict,
  type VerdictCode,
} from '../protocols/machine.ts'
import { type Layout, wordBytes } from './layout.ts'
import { Outcome } from './outcome.ts'
import { Chain, type Landed } from './read.ts'
import { type Reader, type ReaderIo, createReaderIo } from './reader-io.ts'

const noBytes = new Uint8Array(0)
const noRequest: ReadRequest = { target: noBytes, offset: 0, lengthBytes: 0, knownVersion: 0 }

export class GeneratorMachine implements ReaderMachine {
  readonly landingBytes: number
  readonly payloadView: Uint8Array | null = null
  version = 0
  evidence: EvidenceCode = Evidence.None
  readonly #reader: Reader
  readonly #io: ReaderIo
  readonly #accepted: { version: number } = { version: 0 }
  #landing: Uint8Array = noBytes
  #request: ReadRequest = noRequest
  #attempt: ReturnType<Reader> | null = null
  #chain: Chain | null = null

  constructor(layout: Layout, reader: Reader, landingBytes: number) {
    this.landingBytes = landingBytes
    this.#reader = reader
    this.#io = createReaderIo(layout, this.#accepted)
  }

  bind(landing: Uint8Array): void {
    this.#landing = landing
  }

  start(request: ReadRequest): void {
    this.#request = request
    this.evidence = Evidence.None
  }

  begin(sink: OperationSink): void {
    const attempt = this.#reader(this.#io)
    // Asynchronous generators have no Symbol.iterator; arrays and strings have, but no next.
    const isGenerator = typeof attempt?.next === 'function' && Symbol.iterator in attempt
    if (!isGenerator) {
      throw broken('a reader is a generator function, and not async: reader: function* (io) { … }')
    }
    this.#attempt = attempt
    if (this.#advance(sink, []) !== Verdict.More) {
      throw broken('a reader’s attempt ended before it had read anything')
    }
  }

  resume(sink: OperationSink): VerdictCode {
    return this.#advance(sink, this.#landed())
  }

  #advance(sink: OperationSink, landed: Landed): VerdictCode {
    if (this.#attempt === null) throw broken('a reader was resumed without an attempt')
    const { done, value } = this.#attempt.next(landed)
    if (done === true) return this.#end(value)
    if (!(value instanceof Chain)) {
      throw broken('a reader yielded something that is no READ: write yield* before it')
    }
    this.#chain = value
    this.#post(sink, value)
    return Verdict.More
  }

  /** One after the other in landing memory, each on a word. */
  #post(sink: OperationSink, chain: Chain): void {
    let at = 0
    for (const { offset, lengthBytes, isFenced } of chain.reads) {
      if (at + lengthBytes > this.landingBytes) {
        throw argumentRangeError(
          `a chain of READs needs more than ${this.landingBytes} bytes to land in: raise the ` +
            'protocol’s landingBytes',
        )
      }
      sink.read(at, offset, lengthBytes, isFenced)
      at += roundUp(lengthBytes)
    }
  }

  #landed(): Landed {
    let at = 0
    return (this.#chain?.reads ?? []).map(({ lengthBytes, decode }) => {
      const value = decode(this.#landing.subarray(at, at + lengthBytes))
      at += roundUp(lengthBytes)
      return value
    })
  }

  #end(outcome: Outcome): VerdictCode {
    if (!(outcome instanceof Outcome)) {
      throw broken('a reader returned neither io.accept(…) nor io.retry() nor io.closed()')
    }
    this.#attempt = null
    this.evidence = outcome.evidence
    if (outcome.bytes !== null) {
      const { target, offset, lengthBytes } = this.#request
      target.set(outcome.bytes.subarray(offset, offset + lengthBytes))
      this.version = outcome.version
      this.#accepted.version = outcome.version
    }
    return outcome.verdict
  }
}

function broken(message: string): UntornError {
  return new UntornError('ERR_UNTORN_BROKEN_PROTOCOL', message)
}

function roundUp(lengthBytes: number): number {
  return Math.ceil(lengthBytes / wordBytes) * wordBytes
}
