// Closes a region for ever: its owner, having acquired the lock, turns the word into the terminal mark.
//
// Chains: compare-and-swap(w → mark); when it hit (strategy `hash` only), WRITE hash := mark
//
// The word comes first: from then on nobody can take the lock, so the WRITE meets nobody else's, and
// a reader that looks at the hash alone says Closed only when all others do. Between the two it says
// that nothing has changed, which is true. In two chains, because a WRITE is carried out
// whether the compare-and-swap before it hit or not.
import type { MemoryKernels } from '../local-memory.ts'
import type { EvidenceCode, RemoteMachine, RemoteSink, VerdictCode } from '../machine.ts'
import { Evidence, Verdict } from '../machine.ts'
import { CLOSED_MARK, WORD_BYTES, checkShape } from '../seqlock/layout.ts'
import { HolderLanding } from './holder-landing.ts'
import { Landing, type LockShape, Plain, checkLanding, holderLandingBytes } from './layout.ts'
import type { LockSealing } from './release.ts'
import { isClosed, versionBitsOf } from './word.ts'

/** Machine that closes a region whose lock its user holds. Lapped: it does not hold it any more. */
export class LockClose implements RemoteMachine {
  readonly landingBytes: number
  readonly evidence: EvidenceCode
  version: number
  readonly #shape: LockShape
  readonly #kernels: MemoryKernels
  readonly #sealed: boolean
  #landing: HolderLanding | null
  #word: bigint
  /** The word says that the region is closed, the hash is about to. */
  #marking: boolean

  /** @throws RangeError ERR_UNTORN_ARGUMENT */
  constructor(shape: LockShape, kernels: MemoryKernels, sealing: LockSealing) {
    checkShape(shape)
    this.landingBytes = holderLandingBytes(shape.payloadBytes)
    this.evidence = Evidence.None
    this.version = 0
    this.#shape = shape
    this.#kernels = kernels
    this.#sealed = sealing.sealed
    this.#landing = null
    this.#word = 0n
    this.#marking = false
  }

  bind(landing: Uint8Array): void {
    checkLanding(landing, this.landingBytes)
    this.#landing = new HolderLanding(landing, this.#shape, this.#kernels)
  }

  /** The acquisition that is to end in this way. */
  start(word: bigint): void {
    this.#word = word
    this.version = versionBitsOf(word)
    this.#bound().setHash(CLOSED_MARK)
  }

  begin(sink: RemoteSink): void {
    this.#marking = false
    sink.compareAndSwap(Landing.found, Plain.version, this.#word, CLOSED_MARK, false)
  }

  resume(sink: RemoteSink): VerdictCode {
    if (this.#marking) return Verdict.Done
    const { found } = this.#bound()
    if (found !== this.#word) return isClosed(found) ? Verdict.Closed : Verdict.Lapped
    if (!this.#sealed) return Verdict.Done
    this.#marking = true
    sink.write(Landing.hash, Plain.hash, WORD_BYTES, false)
    return Verdict.More
  }

  #bound(): HolderLanding {
    if (this.#landing === null) throw new Error('the machine has no landing memory')
    return this.#landing
  }
}
