// Finds the step that tore. A word taken from version v shows what it held from v up to the version
// that stored it next; a result is torn when no version lies in the spans of all its words. Then
// one word had been replaced by a version that is no newer than another word's: those two are the
// pair. Invariant: every claim of the sentence is read off the trace; without a pair the
// violation's own message stands.
import type { Violation } from '../scenario.ts'
import type { Trace, TraceEvent } from '../trace.ts'
import { laneOf } from './lanes.ts'
import { type Segment, traceProvenance, wordOf } from './provenance.ts'
import { oneLine } from './sentence.ts'

/** Two samples of one result that no version explains together. */
export interface TearingPair {
  /** Its bytes were replaced by the other's version, or by an older one still. */
  readonly older: Segment
  readonly newer: Segment
  /** The store that makes `older` old; null when it was not visible before the run ended. */
  readonly replacedBy: TraceEvent | null
}

export interface Tearing {
  /** One sentence, without a full stop. */
  readonly sentence: string
  /** Lane of the reader whose result is violated, '' when unknown. */
  readonly reader: string
  /** First and last step of its read; 0 and the last step when unknown. */
  readonly firstStep: number
  readonly lastStep: number
  /** What the result is made of: of every byte the last sample of the read. */
  readonly segments: readonly Segment[]
  readonly pair: TearingPair | null
}

const tearingKinds: readonly string[] = ['torn', 'mislabelled']

/** Version that a segment is of; 0 when unknown. */
export function versionOf(segment: Segment): number {
  return segment.source?.version ?? 0
}

/** Analyses the violated read of a run, which is the last one its reader began. */
export function analyseTearing(trace: Trace, violation: Violation): Tearing {
  const reader = violatingReader(trace, violation)
  const own = trace.events.filter((event) => laneOf(event.actor, trace.actors) === reader)
  const last = own.at(-1)?.step ?? trace.events.at(-1)?.step ?? 0
  const begin = own.findLastIndex((event) => event.kind === 'act' && /^begins\b/.test(event.note))
  const read = begin < 0 ? own : own.slice(begin)
  const firstStep = begin < 0 ? 0 : (read[0]?.step ?? 0)
  const segments = resultOf(read, traceProvenance(trace.events))
  const payload = segments.filter(isPayload)
  const claimed = claimedVersion(read)
  const pair = tearingKinds.includes(violation.kind)
    ? (overtaken(payload, claimed) ?? unfinished(payload, claimed) ?? overtaken(segments, claimed))
    : null
  const sentence = pair === null ? oneLine(violation.message) : tell(reader, violation.kind, pair)
  return { sentence, reader, firstStep, lastStep: last, segments, pair }
}

/** The reader that the message names first, else whoever acted last. */
function violatingReader(trace: Trace, violation: Violation): string {
  const lanes = new Set(trace.actors.map((actor) => laneOf(actor, trace.actors)))
  let found = ''
  let foundAt = Infinity
  for (const lane of lanes) {
    const at = wordIndex(violation.message, lane)
    if (at < 0 || at > foundAt || (at === foundAt && lane.length < found.length)) continue
    found = lane
    foundAt = at
  }
  if (found !== '') return found
  const verdict = `${violation.kind}: ${violation.message}`
  const actor = trace.events.findLast((event) => event.kind === 'act' && event.note !== verdict)
  return actor === undefined ? '' : laneOf(actor.actor, trace.actors)
}

/** Where `name` stands as a word of its own: "r1" is not in "r12". */
function wordIndex(text: string, name: string): number {
  const letter = /[\p{L}\p{N}_]/u
  if (name === '') return -1
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const before = text[at - 1] ?? ' '
    const after = text[at + name.length] ?? ' '
    if (!letter.test(before) && !letter.test(after)) return at
  }
  return -1
}

/** Later samples of a byte replace earlier ones: replays, and attempts that were given up. */
function resultOf(
  read: readonly TraceEvent[],
  provenance: ReadonlyMap<TraceEvent, readonly Segment[]>,
): readonly Segment[] {
  const taken = new Set<string>()
  const segments: Segment[] = []
  for (const sample of read.toReversed()) {
    for (const segment of provenance.get(sample)?.toReversed() ?? []) {
      const bytes = Array.from(
        { length: segment.lengthBytes },
        (_, index) => segment.offset + index,
      )
      const keys = bytes.map((byte) => `${byte} ${sample.memory}`)
      if (!keys.every((key) => taken.has(key))) segments.push(segment)
      for (const key of keys) taken.add(key)
    }
  }
  return segments.reverse()
}

/** Header words are read twice or serve as proof; a result is torn in its payload. */
function isPayload(segment: Segment): boolean {
  const note = segment.source?.note ?? segment.replacedBy?.note ?? ''
  return /\bpayload\b|\bcopied bytes\b/.test(note)
}

/** Version that the reader says its result is of; 0 when it says none. */
function claimedVersion(read: readonly TraceEvent[]): number {
  const notes = read.filter(({ kind }) => kind === 'act').map(({ note }) => note)
  const found = /^returns version (\d+)/.exec(notes.at(-1) ?? '')
  return found === null ? 0 : Number(found[1])
}

/** Of two words one had been replaced by a version that the other is of, or by an older one. */
function overtaken(segments: readonly Segment[], claimed: number): TearingPair | null {
  return closest(segments, claimed, ({ replacedBy }, newer) => {
    const next = replacedBy?.version ?? 0
    return next > 0 && versionOf(newer) >= next
  })
}

/** A read inside one write: the newer version had not stored the older word when the run ended. */
function unfinished(segments: readonly Segment[], claimed: number): TearingPair | null {
  return closest(segments, claimed, (older, newer) => {
    return older.replacedBy === null && versionOf(newer) > versionOf(older)
  })
}

/**
 * Of all pairs that `tears`, the one that is told best: with the version the reader speaks of, of
 * two steps, close in time.
 */
function closest(
  segments: readonly Segment[],
  claimed: number,
  tears: (older: Segment, newer: Segment) => boolean,
): TearingPair | null {
  const rank = (older: Segment, newer: Segment): number => {
    const distance = Math.abs(older.sample.step - newer.sample.step)
    const speaks = versionOf(older) === claimed || versionOf(newer) === claimed
    return (speaks ? 0 : 1e12) + (distance === 0 ? 1e6 : 0) + distance
  }
  let best: TearingPair | null = null
  for (const older of segments) {
    for (const newer of segments) {
      if (newer.sample.memory !== older.sample.memory || !tears(older, newer)) continue
      if (best === null || rank(older, newer) < rank(best.older, best.newer)) {
        best = { older, newer, replacedBy: older.replacedBy }
      }
    }
  }
  return best
}

/** What the author calls it, else "word 3", or the bytes where a sample is smaller than a word. */
export function nameOfPlace(segment: Segment): string {
  const { sample, offset, lengthBytes } = segment
  if (sample.place !== undefined && sample.lengthBytes === lengthBytes) {
    return oneLine(sample.place)
  }
  if (lengthBytes === 8) return `word ${wordOf(offset)}`
  if (lengthBytes === 1) return `byte ${offset}`
  return `bytes ${offset} to ${offset + lengthBytes - 1}`
}

function tell(reader: string, kind: string, pair: TearingPair): string {
  const { older, newer, replacedBy } = pair
  const [old, young] = [versionOf(older), versionOf(newer)]
  const what = older.lengthBytes < 8 || newer.lengthBytes < 8 ? 'bytes' : 'words'
  const origin = old === 0 ? 'the beginning' : `version ${old}`
  const mixture = old === 0 ? `${origin} and of version ${young}` : `versions ${old} and ${young}`
  // Mislabelled bytes are of one version, the words that vouch for them of another.
  const of = kind === 'mislabelled' ? `${what} that mix ${mixture}` : `${what} of ${mixture}`
  const stored =
    replacedBy === null
      ? `before version ${young} stored it`
      : `version ${replacedBy.version} stored it at step ${replacedBy.step}`
  const subject = reader === '' ? 'a reader' : `reader ${reader}`
  return (
    `${subject} ${kind === 'mislabelled' ? 'accepted' : 'returned'} ${of}: ` +
    `${nameOfPlace(older)} was sampled at step ${older.sample.step}, ${stored}; ` +
    `${nameOfPlace(newer)}, sampled at step ${newer.sample.step}, is of version ${young} already`
  )
}
