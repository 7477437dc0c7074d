// Which store each sampled byte came from. A sample may span several words, each stored by another
// step, so the stores of a trace are played once more, byte by byte. Invariant: a segment lies in
// one aligned word and comes from one store.
import type { TraceEvent } from '../trace.ts'

const WORD_BYTES = 8

/** Bytes of one word that one sample took from one store. */
export interface Segment {
  readonly sample: TraceEvent
  /** Byte offset in the sampled memory. */
  readonly offset: number
  readonly lengthBytes: number
  /** Null: there since before the first event. */
  readonly source: TraceEvent | null
  /** The next store of another version over these bytes, if the run got so far. */
  readonly replacedBy: TraceEvent | null
}

/** Word of the memory, counted from its start, that holds a byte offset. */
export function wordOf(offset: number): number {
  return Math.floor(offset / WORD_BYTES)
}

const isStore = (event: TraceEvent): boolean => event.kind === 'store' || event.kind === 'place'

const isSample = (event: TraceEvent): boolean => event.kind === 'sample' || event.kind === 'load'

/** Plays the stores of `events`; for every sample its segments, by ascending offset. */
export function traceProvenance(
  events: readonly TraceEvent[],
): ReadonlyMap<TraceEvent, readonly Segment[]> {
  const latest = new Map<string, TraceEvent>()
  const replacements = new Map<string, TraceEvent>()
  const drafts = new Map<TraceEvent, Segment[]>()
  const numbers = new Map(events.map((event, index) => [event, index]))
  const key = (memory: string, byte: number, store: TraceEvent | null): string =>
    `${byte} ${store === null ? -1 : numbers.get(store)} ${memory}`
  for (const event of events) {
    const end = event.offset + event.lengthBytes
    if (isStore(event)) {
      for (let byte = event.offset; byte < end; byte += 1) {
        const before = latest.get(`${byte} ${event.memory}`) ?? null
        replacements.set(key(event.memory, byte, before), event)
        latest.set(`${byte} ${event.memory}`, event)
      }
    } else if (isSample(event)) {
      drafts.set(
        event,
        cut(event, (byte) => latest.get(`${byte} ${event.memory}`) ?? null),
      )
    }
  }
  const replacementOf = ({ sample, offset, source }: Segment): TraceEvent | null => {
    let next = replacements.get(key(sample.memory, offset, source))
    if (source?.version === undefined || source.version === 0) return next ?? null
    // A version may store a word twice: first as a mark, then for good.
    while (next?.version === source.version) {
      next = replacements.get(key(sample.memory, offset, next))
    }
    return next ?? null
  }
  const provenance = new Map<TraceEvent, readonly Segment[]>()
  for (const [sample, segments] of drafts) {
    provenance.set(
      sample,
      segments.map((segment) => ({ ...segment, replacedBy: replacementOf(segment) })),
    )
  }
  return provenance
}

function cut(sample: TraceEvent, sourceOf: (byte: number) => TraceEvent | null): Segment[] {
  const segments: Segment[] = []
  const end = sample.offset + sample.lengthBytes
  for (let from = sample.offset; from < end;) {
    const source = sourceOf(from)
    let to = from + 1
    while (to < end && wordOf(to) === wordOf(from) && sourceOf(to) === source) to += 1
    const lengthBytes = to - from
    segments.push({ sample, offset: from, lengthBytes, source, replacedBy: null })
    from = to
  }
  return segments
}
