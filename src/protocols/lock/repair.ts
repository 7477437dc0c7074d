// Ends the acquisition of a holder that is gone, or was evicted: by rolling its publication forward, or
// by keeping the payload that was there. Run by the owner, through its loopback queue pair.
//
// Needs, of whoever runs it:
//  (N1) The holder's queue pair is destroyed before the first look: nothing it posted lands any more.
//  (N2) Repairs of one region are run one after the other, and one whose chain did not end is run
//       again only when its own queue pair is destroyed. Otherwise a late WRITE of a
//       repair could land in the next holder's payload.
//
// Chain 1: look at the word, then, fenced, READ payload (strategy `hash`), READ shadow
// Chain 2: WRITE hash (strategy `hash`), WRITE payload (rolling forward), compare-and-swap(w → v + 2)
//
// Why readers and holders get the old payload or the new one, whole:
//  (1) The look is a compare-and-swap that changes nothing: never torn into bytes, as a READ might
//      be, and a mixture of two holders could be a third one, who is not holding anything.
//  (2) It found w, held by the holder in question. By (N1) and (N2) nobody but this repair changes
//      word, payload or shadow from before the look until chain 2. So what was READ is what is
//      there, in whatever order it was sampled.
//  (3) By release.ts, (a) the shadow does not verify for w, and the payload in place is the old one, or
//      (b) it verifies, and the shadow is the new one. The seal covers w, which never recurs,
//      so a shadow of an earlier acquisition does not verify.
//  (4) The WRITEs of chain 2 happen under the held word, which keeps readers out, and are placed
//      before the compare-and-swap frees it: as in a release. No barrier is needed, because no
//      CPU touches any of it.
//  (5) Cut off in chain 2 and run again, it finds the same word, the same shadow, and in place either
//      the old payload (keeping) or one it overwrites anyway (rolling forward): it is idempotent.
// Where the word is not held by that holder there is nothing to end: it had released, or never had
// the lock, and others may have it.
import type { MemoryKernels } from '../local-memory.ts'
import type { EvidenceCode, RemoteMachine, RemoteSink, VerdictCode } from '../machine.ts'
import { Evidence, Verdict } from '../machine.ts'
import { WORD_BYTES, assertLittleEndian, checkShape, imageBytes, pad8 } from '../seqlock/layout.ts'
import { type Sealer, createSealer } from '../seqlock/seal.ts'
import {
  type LockShape,
  Plain,
  Shadow,
  checkLanding,
  lockUsedBytes,
  shadowOffset,
} from './layout.ts'
import type { LockSealing } from './release.ts'
import { freeWord, holderOf, versionBitsOf } from './word.ts'

export const RepairOutcome = {
  /** The holder did not hold the lock. */
  Nothing: 0,
  /** Its acquisition is ended, and the payload is the one it had found. */
  Kept: 1,
  /** Its acquisition is ended, and the payload is the one that it was publishing. */
  RolledForward: 2,
} as const

export type RepairOutcomeCode = (typeof RepairOutcome)[keyof typeof RepairOutcome]

/**
 * Machine that ends another's acquisition. Done: see `outcome`. Retry: the word changed under it,
 * which a party that keeps the protocol cannot have done; nothing was freed, and it can be run again.
 */
export class LockRepair implements RemoteMachine {
  readonly landingBytes: number
  evidence: EvidenceCode
  /** Version that ended the acquisition, or the last one seen. */
  version: number
  outcome: RepairOutcomeCode
  protected readonly payloadBytes: number
  readonly #shape: LockShape
  readonly #sealed: boolean
  readonly #seal: Sealer
  /** Behind the region's image, where word and hash have places of their own. */
  readonly #scratch: number
  readonly #shadow: number
  #landing: Uint8Array
  #words: BigUint64Array
  #holder: number
  #word: bigint
  #looking: boolean

  /** @throws RangeError ERR_UNTORN_ARGUMENT */
  constructor(shape: LockShape, kernels: MemoryKernels, sealing: LockSealing) {
    checkShape(shape)
    assertLittleEndian()
    this.#scratch = lockUsedBytes(shape.payloadBytes)
    this.#shadow = shadowOffset(shape.payloadBytes)
    this.landingBytes = this.#scratch + 2 * WORD_BYTES
    this.evidence = Evidence.None
    this.version = 0
    this.outcome = RepairOutcome.Nothing
    this.payloadBytes = shape.payloadBytes
    this.#shape = shape
    this.#sealed = sealing.sealed
    this.#seal = createSealer(shape, kernels)
    this.#landing = new Uint8Array(0)
    this.#words = new BigUint64Array(0)
    this.#holder = 0
    this.#word = 0n
    this.#looking = false
  }

  bind(landing: Uint8Array): void {
    checkLanding(landing, this.landingBytes)
    this.#landing = landing
    this.#words = new BigUint64Array(landing.buffer, landing.byteOffset, this.landingBytes >>> 3)
  }

  /** Whose acquisition is to end; its queue pair is destroyed already. */
  start(holder: number): void {
    this.#holder = holder
    this.outcome = RepairOutcome.Nothing
  }

  begin(sink: RemoteSink): void {
    this.#looking = true
    this.evidence = Evidence.None
    // 0 is no value of a formatted word, and would be replaced by itself.
    sink.compareAndSwap(this.#scratch, Plain.version, 0n, 0n, false)
    // The payload in place is only hashed: to be kept, it need not be seen.
    if (this.#sealed) sink.read(0, 0, imageBytes('plain', this.payloadBytes), true)
    sink.read(this.#shadow, this.#shadow, this.#scratch - this.#shadow, true)
  }

  resume(sink: RemoteSink): VerdictCode {
    const found = this.#wordAt(this.#scratch)
    if (!this.#looking) {
      if (found === this.#word) return Verdict.Done
      this.outcome = RepairOutcome.Nothing
      this.evidence = Evidence.Torn
      return Verdict.Retry
    }
    this.#looking = false
    this.version = versionBitsOf(found)
    if (holderOf(found) !== this.#holder) return Verdict.Done
    this.#word = found
    this.version = this.freedVersion(found)
    const forward = this.isComplete(found)
    this.outcome = forward ? RepairOutcome.RolledForward : RepairOutcome.Kept
    if (this.#sealed) this.#writeHash(sink, forward)
    if (forward) {
      const from = this.#shadow + Shadow.payload
      sink.write(from, Plain.payload, pad8(this.payloadBytes), false)
    }
    sink.compareAndSwap(this.#scratch, Plain.version, found, freeWord(this.version), false)
    return Verdict.More
  }

  /** Whether the shadow that landed is that of the acquisition with this word. */
  protected isComplete(word: bigint): boolean {
    const at = this.#shadow
    if (this.#wordAt(at + Shadow.word) !== word) return false
    if (this.#wordAt(at + Shadow.version) !== BigInt(versionBitsOf(word) + 1)) return false
    if (this.#wordAt(at + Shadow.generation) !== BigInt(this.#shape.generation)) return false
    const sealed = this.#landing.subarray(at + Shadow.word, this.#scratch)
    return this.#wordAt(at + Shadow.seal) === this.#seal(sealed)
  }

  /** The version that ends the acquisition with this word. */
  protected freedVersion(word: bigint): number {
    return versionBitsOf(word) + 1
  }

  /** The hash of the version that ends the acquisition, over the payload that it will have. */
  #writeHash(sink: RemoteSink, forward: boolean): void {
    let image: Uint8Array
    if (forward) {
      image = this.#landing.subarray(this.#shadow + Shadow.version, this.#scratch)
    } else {
      this.#words[Plain.version / WORD_BYTES] = freeWord(this.version)
      image = this.#landing.subarray(Plain.version, imageBytes('plain', this.payloadBytes))
    }
    const hash = this.#scratch + WORD_BYTES
    this.#words[hash / WORD_BYTES] = this.#seal(image)
    sink.write(hash, Plain.hash, WORD_BYTES, false)
  }

  #wordAt(offset: number): bigint {
    return this.#words[offset / WORD_BYTES] as bigint
  }
}
