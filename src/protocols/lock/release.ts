// Ends an acquisition by its holder: publishes another payload, or the one that was there.
//
// Chain of a publication under word w = v + 1 | holder (the WRITE of the hash in strategy `hash` only):
//   WRITE shadow, WRITE hash, WRITE payload, compare-and-swap(w → v + 2)
//
// Every model places a WRITE before anything later on its queue pair touches memory. Hence:
//  (1) When the first byte in place changes, the shadow is complete, and its seal verifies for w.
//  (2) When the word becomes v + 2, hash and payload in place are complete.
// Wherever the chain is cut off (a dead holder, a queue pair that is destroyed), one of three holds:
//  (a) the shadow does not verify for w: nothing in place was touched;
//  (b) it verifies and the word is w: the payload in place is any mixture, the shadow has the new one;
//  (c) the word is v + 2: published.
// repair.ts tells them apart. In (a) it errs with probability 2^-64 for each torn shadow.
//
// Readers are those of the seqlock; their argument rests on three facts of its owner, which hold here:
// the odd mark is visible before any store in place (the acquiring compare-and-swap had completed
// before these WRITEs were posted), all stores in place are visible before the next even version
// (2), and the hash of a version is stored before it is published (2).
//
// Why a compare-and-swap and not a WRITE of the word: it is never torn into bytes and, as no value
// recurs, it misses once the owner has ended this acquisition, which then learns of it.
//
// Discarding touches no payload, so it needs no shadow: WRITE hash (of version v + 2 over the old
// payload), compare-and-swap(w → v + 2). Back to v would do for readers, but then an owner that sees
// the same held word twice could not conclude that it was held in between.
import { argumentRangeError } from '../../errors.ts'
import type { MemoryKernels } from '../local-memory.ts'
import type { EvidenceCode, RemoteMachine, RemoteSink, VerdictCode } from '../machine.ts'
import { Evidence, Verdict } from '../machine.ts'
import { WORD_BYTES, checkShape, pad8 } from '../seqlock/layout.ts'
import { HolderLanding } from './holder-landing.ts'
import {
  LANDING_PAYLOAD,
  Landing,
  type LockShape,
  Plain,
  checkLanding,
  holderLandingBytes,
  shadowBytes,
  shadowOffset,
} from './layout.ts'
import { freeWord, isClosed, versionBitsOf } from './word.ts'

/** What a locked region's strategy adds to the payload in place. */
export interface LockSealing {
  /** The hash before the payload is kept: strategy `hash`. */
  readonly sealed: boolean
}

/**
 * Machine that ends an acquisition. Shares the landing memory of the `LockAcquire` that began it.
 * Verdicts: Done; Lapped when the acquisition had been ended by the owner, so that nothing was
 * published by this chain; Closed. Never Retry.
 */
export class LockRelease implements RemoteMachine {
  readonly landingBytes: number
  readonly evidence: EvidenceCode
  /** The version published, after Done. */
  version: number
  protected readonly payloadBytes: number
  readonly #shape: LockShape
  readonly #kernels: MemoryKernels
  readonly #sealed: boolean
  #landing: HolderLanding | null
  #word: bigint
  #discards: boolean

  /** @throws RangeError ERR_UNTORN_ARGUMENT */
  constructor(shape: LockShape, kernels: MemoryKernels, sealing: LockSealing) {
    checkShape(shape)
    this.landingBytes = holderLandingBytes(shape.payloadBytes)
    this.evidence = Evidence.None
    this.version = 0
    this.#shape = shape
    this.payloadBytes = shape.payloadBytes
    this.#kernels = kernels
    this.#sealed = sealing.sealed
    this.#landing = null
    this.#word = 0n
    this.#discards = false
  }

  bind(landing: Uint8Array): void {
    checkLanding(landing, this.landingBytes)
    this.#landing = new HolderLanding(landing, this.#shape, this.#kernels)
  }

  /**
   * The next chain publishes `payload` and ends the acquisition whose word is `word`.
   * @param payload copied; exactly `payloadBytes` bytes
   * @throws RangeError ERR_UNTORN_ARGUMENT wrong length
   */
  publish(word: bigint, payload: Uint8Array): void {
    if (payload.length !== this.payloadBytes) {
      throw argumentRangeError(
        `the payload has ${this.payloadBytes} bytes, these are ${payload.length}`,
      )
    }
    const landing = this.#bound()
    landing.payload.set(payload)
    landing.stage(word, this.#next(word))
    landing.sealShadow()
    if (this.#sealed) landing.sealImage()
    this.#discards = false
  }

  /** The next chain ends the acquisition; the payload that was read by it stays. */
  discard(word: bigint): void {
    const landing = this.#bound()
    landing.stage(word, this.#next(word))
    if (this.#sealed) landing.sealImage()
    this.#discards = true
  }

  begin(sink: RemoteSink): void {
    if (this.#discards) this.writeHash(sink)
    else this.place(sink)
    this.unlock(sink, this.#word, freeWord(this.version))
  }

  resume(_sink: RemoteSink): VerdictCode {
    const { found } = this.#bound()
    if (found === this.#word) return Verdict.Done
    return isClosed(found) ? Verdict.Closed : Verdict.Lapped
  }

  /** The WRITEs of a publication, in this order. */
  protected place(sink: RemoteSink): void {
    this.writeShadow(sink)
    this.writeInPlace(sink)
  }

  protected writeShadow(sink: RemoteSink): void {
    const { payloadBytes } = this
    sink.write(Landing.shadow, shadowOffset(payloadBytes), shadowBytes(payloadBytes), false)
  }

  protected writeInPlace(sink: RemoteSink): void {
    this.writeHash(sink)
    sink.write(LANDING_PAYLOAD, Plain.payload, pad8(this.payloadBytes), false)
  }

  protected writeHash(sink: RemoteSink): void {
    if (this.#sealed) sink.write(Landing.hash, Plain.hash, WORD_BYTES, false)
  }

  protected unlock(sink: RemoteSink, expected: bigint, desired: bigint): void {
    sink.compareAndSwap(Landing.found, Plain.version, expected, desired, false)
  }

  /** The version that ends the acquisition with this word. */
  protected nextVersion(word: bigint): number {
    return versionBitsOf(word) + 1
  }

  #next(word: bigint): number {
    this.#word = word
    this.version = this.nextVersion(word)
    return this.version
  }

  #bound(): HolderLanding {
    if (this.#landing === null) throw new Error('the machine has no landing memory')
    return this.#landing
  }
}
