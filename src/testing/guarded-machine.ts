// A reader machine whose mistakes end the run, and do not end the exploration: what torn bytes make a
// reader do wrong is a finding, with a schedule that shows it. Invariant: after a mishap the machine
// is not called again, and the scenario sees an attempt without evidence, which it refuses.
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
import { type Layout, nameOfOffset } from './layout.ts'

/** Chains of one attempt, at most: a reader that wants more does not end. */
const chainsMax = 64

/** What a reader's code did wrong in the present run. */
export interface Mishap {
  error: unknown
  happened: boolean
}

export interface ReaderBounds {
  readonly layout: Layout
  readonly chainLengthMax: number
}

export class GuardedMachine implements ReaderMachine, OperationSink {
  readonly landingBytes: number
  readonly #machine: ReaderMachine
  readonly #bounds: ReaderBounds
  readonly #mishap: Mishap
  #sink: OperationSink | null = null
  #chains = 0
  #reads = 0

  constructor(machine: ReaderMachine, bounds: ReaderBounds, mishap: Mishap) {
    this.landingBytes = machine.landingBytes
    this.#machine = machine
    this.#bounds = bounds
    this.#mishap = mishap
  }

  get payloadView(): Uint8Array | null {
    return this.#machine.payloadView
  }

  get version(): number {
    return this.#machine.version
  }

  get evidence(): EvidenceCode {
    return this.#mishap.happened ? Evidence.None : this.#machine.evidence
  }

  bind(landing: Uint8Array): void {
    this.#machine.bind(landing)
  }

  start(request: ReadRequest): void {
    this.#guard(() => this.#machine.start(request))
  }

  begin(sink: OperationSink): void {
    this.#chains = 0
    this.#open(sink)
    this.#guard(() => this.#machine.begin(this))
  }

  resume(sink: OperationSink): VerdictCode {
    this.#open(sink)
    return this.#guard(() => this.#machine.resume(this)) ?? Verdict.Retry
  }

  /** A READ that the machine asks for. */
  read(landingOffset: number, remoteOffset: number, lengthBytes: number, fenced: boolean): void {
    const { layout, chainLengthMax } = this.#bounds
    this.#reads += 1
    if (this.#reads > chainLengthMax) {
      throw argumentRangeError(
        `a chain of more than ${chainLengthMax} READs: raise the protocol’s chainLengthMax`,
      )
    }
    if (remoteOffset < 0 || lengthBytes < 1 || remoteOffset + lengthBytes > layout.regionBytes) {
      const name = nameOfOffset(layout, remoteOffset)
      throw argumentRangeError(
        `a READ of ${lengthBytes} bytes at ${remoteOffset}${name === undefined ? '' : ` (${name})`} ` +
          `reaches outside the region of ${layout.regionBytes} bytes`,
        'ERR_UNTORN_OUT_OF_BOUNDS',
      )
    }
    this.#sink?.read(landingOffset, remoteOffset, lengthBytes, fenced)
  }

  #open(sink: OperationSink): void {
    this.#sink = sink
    this.#reads = 0
    this.#chains += 1
  }

  #guard<T>(act: () => T): T | undefined {
    if (this.#mishap.happened) return undefined
    try {
      if (this.#chains > chainsMax) {
        throw new UntornError(
          'ERR_UNTORN_BROKEN_PROTOCOL',
          `an attempt did not end within ${chainsMax} chains of READs: bound its loop`,
        )
      }
      return act()
    } catch (error) {
      this.#mishap.happened = true
      this.#mishap.error = error
      return undefined
    }
  }
}
