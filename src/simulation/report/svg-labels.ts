// Short labels beside marks; the tooltip of a mark says the rest. Invariant: no label is longer
// than the room that the layout can give it.
import type { TraceEvent } from '../trace.ts'
import { describeEvent, hexWord } from './event-text.ts'
import { type Segment, wordOf } from './provenance.ts'
import { oneLine } from './sentence.ts'
import { nameOfPlace, versionOf } from './tearing.ts'

const LABEL_MAX = 60

/** What stands beside an event's mark. `namesMemory`: there is more than one. */
export function labelOf(
  event: TraceEvent,
  segments: readonly Segment[],
  namesMemory: boolean,
): string {
  const label = oneLine(fullLabel(event, segments, namesMemory ? event.memory : ''))
  return label.length <= LABEL_MAX ? label : `${label.slice(0, LABEL_MAX - 1).trimEnd()}…`
}

function fullLabel(event: TraceEvent, segments: readonly Segment[], memory: string): string {
  const place = placeName(event)
  switch (event.kind) {
    case 'store':
      return `${memory} ${place} := ${storedName(event)}`.trim()
    case 'sample':
    case 'load': {
      const versions = [...new Set(segments.map(versionOf))]
      const names = versions.map((version) => (version === 0 ? 'beginning' : String(version)))
      const noun = versions.includes(0) ? '' : versions.length > 1 ? 'versions ' : 'version '
      return `${memory} ${place}${names.length === 0 ? '' : `: ${noun}${names.join(', ')}`}`.trim()
    }
    default:
      return describeEvent(event)
  }
}

function placeName(event: TraceEvent): string {
  const { offset, lengthBytes } = event
  if (lengthBytes <= 8) {
    return nameOfPlace({ sample: event, offset, lengthBytes, source: null, replacedBy: null })
  }
  return `words ${wordOf(offset)} to ${wordOf(offset + lengthBytes - 1)}`
}

/** "version 4", and of words that say more by their value "5 (version 4)". */
function storedName(event: TraceEvent): string {
  const version = (event.version ?? 0) > 0 ? `version ${event.version}` : ''
  const value = /\bword := (\S+)/.exec(event.note)?.[1]
  if (value === undefined) return version === '' ? hexWord(event.value) : version
  return version === '' ? value : `${value} (${version})`
}
