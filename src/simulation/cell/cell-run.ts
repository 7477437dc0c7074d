// What the parties of one run of a cell's world share, none of which a peer could see: the owner, what
// was visible when, and how many grace periods have ended since each version was replaced. Every cell
// counts: version v is payload number v - 1, whoever publishes it. So bytes are judged by their version
// alone, and an update that was lost or made twice shows in the bytes of the next one.
import type { CellOwner, CellScheme, CellShape } from '../../protocols/cell/index.ts'
import type { MemoryKernels } from '../../protocols/local-memory.ts'
import type { Party, Script } from '../party/index.ts'
import { certifiedPayload } from '../protocol/payloads.ts'
import type { SimulatedMemory } from '../simulated-memory.ts'

/** A cell to be explored: how its parties are made, and what they do wrong with right ones. */
export interface CellUnderTest {
  readonly name: string
  readonly scheme: CellScheme
  readonly kernels: MemoryKernels
  /** The clock that a look is given is read after its first load, not before. */
  readonly clockAfterLook?: boolean
  /** Readers have another queue pair to pin by. */
  readonly pinsApart?: boolean
}

/** What the owner had done by an instant. */
export interface CellMoment {
  readonly gracePeriods: number
  /** Version of the oldest object that was not reclaimed. */
  readonly oldestKept: number
}

export interface CellRunParts {
  readonly cell: CellUnderTest
  readonly shape: CellShape
  readonly owner: CellOwner
  readonly region: SimulatedMemory
  readonly payloadBytes: number
  /** Parties that meet. */
  readonly meeting: number
  /** By place. */
  readonly writers: readonly Party[]
  /** Is added to: how often an object was used under a pin, by grace periods since it was replaced. */
  readonly ages: number[]
}

export class CellRun {
  readonly cell: CellUnderTest
  readonly shape: CellShape
  readonly owner: CellOwner
  readonly payloadBytes: number
  /** Remote writers, by place. */
  readonly writers: readonly Party[]
  /** The place of a writer that is gone was given away again. */
  granted = false
  /** Grace periods that have ended; one follows upon the other without a gap. */
  gracePeriods = 0
  readonly #ages: number[]
  readonly #meeting: number
  readonly #region: SimulatedMemory
  readonly #payloads = new Map<number, Uint8Array>()
  readonly #versionOfWord = new Map<string, number>()
  readonly #replacedIn = new Map<number, number>()
  /** Of the grace period in progress; the first one begins with the first version. */
  #cookie = 1
  #arrivals = 0

  constructor(parts: CellRunParts) {
    this.cell = parts.cell
    this.shape = parts.shape
    this.owner = parts.owner
    this.payloadBytes = parts.payloadBytes
    this.#region = parts.region
    this.#ages = parts.ages
    this.#meeting = parts.meeting
    this.writers = parts.writers
  }

  /** Bytes of a version. */
  payload(version: number): Uint8Array {
    const made = this.#payloads.get(version) ?? certifiedPayload(this.payloadBytes, version - 1)
    this.#payloads.set(version, made)
    return made
  }

  /** The version whose bytes these are; 0 when they are of none that anybody has made. */
  versionOf(bytes: Uint8Array): number {
    for (const [version, payload] of this.#payloads) if (sameAt(payload, 0, bytes)) return version
    return 0
  }

  /** The owner has stored its present version, or found that it was stored. */
  noteVersion(): void {
    const { version, word } = this.owner
    this.#versionOfWord.set(`${word.low} ${word.high}`, version)
    this.#replacedIn.set(version - 1, this.gracePeriods)
  }

  /** The version that a READ of the word would find now; 0 while it is none that was noted. */
  get visibleVersion(): number {
    const word = new DataView(this.#region.bytes.buffer)
    return this.#versionOfWord.get(`${word.getUint32(0, true)} ${word.getUint32(4, true)}`) ?? 0
  }

  /**
   * Waits for all parties to come to their next meeting: what comes after it happens after whatever came
   * before, so that a world can be about one moment of a long story.
   */
  *meet(party: Party): Script {
    const meeting = Math.floor(this.#arrivals / this.#meeting) + 1
    this.#arrivals += 1
    yield* party.until(() => this.#arrivals >= meeting * this.#meeting)
  }

  /** A scan has ended. */
  noteScan(): void {
    const { grace } = this.owner
    if (!grace.poll(this.#cookie)) return
    this.gracePeriods += 1
    this.#cookie = grace.startPoll()
  }

  /** Judges the bytes of a version, from byte `offset` on, that a party was given. */
  judge(party: Party, version: number, offset: number, bytes: Uint8Array): void {
    if (sameAt(this.payload(version), offset, bytes)) return
    const other = [...this.#payloads.values()].some((each) => sameAt(each, offset, bytes))
    const kind = other ? 'mislabelled' : 'torn'
    party.violate(kind, `was given bytes as version ${version} that this version never had`)
  }

  /** How things stand: what a pin that is relied upon now may still protect. */
  get moment(): CellMoment {
    const { waiting, oldestRetired } = this.owner.reclaimer
    const kept = waiting === 0 ? this.owner.version : oldestRetired - 1
    return { gracePeriods: this.gracePeriods, oldestKept: kept }
  }

  /** Notes that a version was relied upon under a pin, at a moment. */
  used(party: Party, version: number, { gracePeriods, oldestKept }: CellMoment): void {
    if (version < oldestKept) {
      party.violate('reclaimed', `relied on version ${version}, whose object was reclaimed`)
    }
    const replacedIn = this.#replacedIn.get(version) ?? gracePeriods
    // It may have been replaced after that.
    const age = Math.max(0, gracePeriods - replacedIn)
    this.#ages[age] = (this.#ages[age] ?? 0) + 1
    if (age > 1) party.violate('aged', `used version ${version} through ${age} grace periods`)
  }
}

function sameAt(payload: Uint8Array, offset: number, bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += 1) if (payload[offset + at] !== bytes[at]) return false
  return true
}
