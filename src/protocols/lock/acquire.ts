// Takes the lock and fetches the payload it protects, in one round trip where the version is known.
//
// Chain, when the word was last seen free at version v; otherwise a READ of the word comes before:
//   compare-and-swap(v → v + 1 | holder), then, fenced, READ payload
//
// Why two holders never hold the lock at once:
//  (1) Only compare-and-swaps change the word, and all are carried out by one NIC, the region's own
//      (the owner's too, through a loopback queue pair), so they exclude each other even where the
//      device is atomic against nothing but itself.
//  (2) One that takes the lock hits a free word; the word stays held until that holder's
//      own compare-and-swap, or its repair, hits it. No value recurs (word.ts), so neither can mean
//      an acquisition other than this one.
//
// Why the payload that was read is the present one, whole:
//  (3) The READ is fenced behind the compare-and-swap, so every sample of it, replays included, is
//      later; by (2) nobody else stores to the payload from then on.
//  (4) The last holder's WRITEs were in memory before its compare-and-swap was carried out: nothing
//      of a queue pair touches memory before the WRITEs that precede it are placed. A repair's were
//      as well (repair.ts).
// Where the compare-and-swap misses, what was read is not looked at.
//
// The fence costs nothing and is nearly superfluous: a compare-and-swap that hits version v proves that
// nobody had the lock since v was seen, so that a READ posted after that was right even if it overtook.
// But a look that was torn can show a version that is yet to come (0x01fe and 0x0200: 0x02fe); a
// READ of that moment is older than the lock when the version does come and the swap then hits.
//
// That a look at the word may be torn, on a granule of 1 byte, costs an attempt and nothing else:
// the compare-and-swap that follows compares the word itself.
import type { MemoryKernels } from '../local-memory.ts'
import type { EvidenceCode, RemoteMachine, RemoteSink, VerdictCode } from '../machine.ts'
import { Evidence, Verdict } from '../machine.ts'
import { WORD_BYTES, checkShape } from '../seqlock/layout.ts'
import { HolderLanding } from './holder-landing.ts'
import {
  LANDING_PAYLOAD,
  Landing,
  type LockShape,
  Plain,
  checkLanding,
  holderLandingBytes,
} from './layout.ts'
import { freeWord, heldWord, isClosed, isFree, isHeld, isUsedUp, versionBitsOf } from './word.ts'

/**
 * Compare-and-swaps of one attempt, at most. One that misses tells what the word is now, so a second
 * one is worth its while; a third would only press on under contention, where backing off helps.
 */
const TAKES_MAX = 2

/** Machine that takes the lock for one holder. After Done `word` and `payload` are the holder's. */
export class LockAcquire implements RemoteMachine {
  readonly landingBytes: number
  evidence: EvidenceCode
  version: number
  protected readonly holder: number
  readonly #shape: LockShape
  readonly #kernels: MemoryKernels
  #landing: HolderLanding | null
  /** Even version at which the word was last seen free; 0 when that is not known. */
  #known: number
  #takes: number
  #word: bigint

  /**
   * @param holder identity of the claim, 1 … 65534
   * @throws RangeError ERR_UNTORN_ARGUMENT
   */
  constructor(shape: LockShape, kernels: MemoryKernels, holder: number) {
    checkShape(shape)
    this.landingBytes = holderLandingBytes(shape.payloadBytes)
    this.evidence = Evidence.None
    this.version = 0
    this.#shape = shape
    this.holder = holder
    this.#kernels = kernels
    this.#landing = null
    this.#known = 0
    this.#takes = 0
    this.#word = 0n
  }

  /** The word while this acquisition lasts: what a release has to find. 0 before Done. */
  get word(): bigint {
    return this.#word
  }

  /** Where the payload landed, valid after Done and until the landing memory is used again. */
  get payload(): Uint8Array {
    return this.#bound().payload
  }

  bind(landing: Uint8Array): void {
    checkLanding(landing, this.landingBytes)
    this.#landing = new HolderLanding(landing, this.#shape, this.#kernels)
  }

  /** The word was seen free at this even version, by whatever means: saves the look. */
  expect(version: number): void {
    this.#known = version
  }

  begin(sink: RemoteSink): void {
    this.#takes = 0
    this.#word = 0n
    this.evidence = Evidence.None
    if (this.#known === 0) sink.read(Landing.found, Plain.version, WORD_BYTES, false)
    else this.#take(sink)
  }

  resume(sink: RemoteSink): VerdictCode {
    const { found } = this.#bound()
    if (this.#takes > 0 && found === freeWord(this.#known)) return this.#taken()
    this.#known = 0
    if (isClosed(found) || isUsedUp(found)) return Verdict.Closed
    if (!isFree(found)) return this.#retry(found)
    this.#known = versionBitsOf(found)
    if (this.#takes >= TAKES_MAX) return this.#retry(found)
    this.#take(sink)
    return Verdict.More
  }

  /** The word that says that the lock was taken at `version`. */
  protected heldWord(version: number): bigint {
    return heldWord(version + 1, this.holder)
  }

  /** Posts the chain that takes the lock. */
  #post(sink: RemoteSink, expected: bigint, desired: bigint): void {
    sink.compareAndSwap(Landing.found, Plain.version, expected, desired, false)
    sink.read(LANDING_PAYLOAD, Plain.payload, this.#shape.payloadBytes, true)
  }

  #take(sink: RemoteSink): void {
    this.#takes += 1
    this.#post(sink, freeWord(this.#known), this.heldWord(this.#known))
  }

  #taken(): VerdictCode {
    this.#word = this.heldWord(this.#known)
    this.version = this.#known
    this.#known = 0
    return Verdict.Done
  }

  /** Somebody else has the lock, or had it in between; what is no word at all was torn. */
  #retry(found: bigint): VerdictCode {
    const legible = isHeld(found) || isFree(found)
    if (legible) this.version = versionBitsOf(found)
    this.evidence = legible ? Evidence.WriterActive : Evidence.Torn
    return Verdict.Retry
  }

  #bound(): HolderLanding {
    if (this.#landing === null) throw new Error('the machine has no landing memory')
    return this.#landing
  }
}
