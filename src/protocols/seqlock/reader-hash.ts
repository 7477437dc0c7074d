// Strategy `hash` over the plain layout: one READ of the whole region, accepted iff its seal
// verifies. Needs nothing of the hardware: any granule, any order, any replay. The price is one
// chance in 2^64 per torn attempt, hashing, and that a partial read fetches the whole payload.
//
// Why a snapshot is of one version v: the seal is a keyed hash over version, generation, length
// and payload, so bytes that verify are, but for a collision, exactly the image for which the
// owner computed it; the order in which they were sampled is irrelevant. It is fresh: the sampled
// seal was in memory at some instant of the read, and the seal of a later version is stored before
// that version is published.
//
// Landing memory:  0 the region's image (seal, version, generation, payload)
//
// "Unchanged" is decided by the seal, not by the version word. On a granule of 1 byte a sampled
// version word may be a mixture (of 0x01ff and 0x0200: 0x0100), and so equal an old version that
// the caller holds. A mixture of seals equals the held one with probability 2^-56 at most. While
// the memory holds the seal of v, no later version is published (owner: the seal is stored before
// beforePublish), so one 8-byte READ is enough whatever the granule.
import type { MemoryKernels } from '../local-memory.ts'
import type { OperationSink, VerdictCode } from '../machine.ts'
import { Verdict } from '../machine.ts'
import type { SeqlockShape } from './layout.ts'
import { Plain, WORD_BYTES, imageBytes } from './layout.ts'
import { SeqlockReader } from './reader-base.ts'
import { type Sealer, createSealer } from './seal.ts'
import { CLOSED_WORD, isStable, versionAt } from './version-word.ts'

/** The image begins with the seal. */
const SEAL_WORD = 0
const VERSION_WORD: number = Plain.version / WORD_BYTES

/** Reader of strategy `hash`. */
export class HashReader extends SeqlockReader {
  readonly #seal: Sealer
  readonly #imageBytes: number
  #sealed: Uint8Array
  #words: BigUint64Array
  #checking: boolean
  /** Version of the last snapshot, 0 before the first, and the halves of its seal. */
  #held: number
  #heldLow: number
  #heldHigh: number

  constructor(shape: SeqlockShape, kernels: MemoryKernels) {
    const image = imageBytes('plain', shape.payloadBytes)
    super(shape, image, Plain.payload)
    this.#seal = createSealer(shape, kernels)
    this.#imageBytes = image
    this.#sealed = new Uint8Array(0)
    this.#words = new BigUint64Array(0)
    this.#checking = false
    this.#held = 0
    this.#heldLow = 0
    this.#heldHigh = 0
  }

  protected override bound(): void {
    this.#sealed = this.landing.subarray(Plain.version, this.#imageBytes)
    this.#words = new BigUint64Array(
      this.landing.buffer,
      this.landing.byteOffset,
      this.#imageBytes / WORD_BYTES,
    )
  }

  begin(sink: OperationSink): void {
    const known = this.request.knownVersion
    this.#checking = known !== 0 && known === this.#held
    if (this.#checking) sink.read(0, Plain.hash, WORD_BYTES, false)
    else sink.read(0, 0, this.#imageBytes, false)
  }

  resume(sink: OperationSink): VerdictCode {
    const low = this.halves[0] as number
    const high = this.halves[1] as number
    if (this.#checking) {
      if (low === this.#heldLow && high === this.#heldHigh) return this.unchanged(this.#held)
      // The owner's terminal mark covers the seal as well.
      if (versionAt(this.halves, SEAL_WORD) === CLOSED_WORD) return this.closed()
      this.#checking = false
      sink.read(0, 0, this.#imageBytes, false)
      return Verdict.More
    }
    const version = this.versionAt(VERSION_WORD)
    if (!isStable(version)) return this.unstable(version)
    if (this.#words[SEAL_WORD] !== this.#seal(this.#sealed)) return this.torn(version)
    this.#held = version
    this.#heldLow = low
    this.#heldHigh = high
    if (version === this.request.knownVersion) return this.unchanged(version)
    this.deliver(Plain.payload + this.request.offset)
    return this.done(version)
  }
}
