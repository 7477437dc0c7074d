// Words for events, shared by all reports: what was done, where, which value, from which store.
import type { SamplingModel } from '../sampling-model.ts'
import { samplingPresetNames, samplingPresets } from '../sampling-model.ts'
import type { TraceEvent } from '../trace.ts'
import { type Segment, wordOf } from './provenance.ts'
import { oneLine } from './sentence.ts'

const PARAMETERS_PER_LINE = 4

/** "posts #2 READ region [0, 40)", "stores v4 copied bytes", "begins read 2". */
export function describeEvent(event: TraceEvent): string {
  // Beside "v4" the number would stand there twice.
  const note = oneLine(event.note).replace(/^version \d+: /, '')
  const number = event.operation === undefined ? '' : ` #${event.operation}`
  const version = (event.version ?? 0) > 0 ? ` v${event.version}` : ''
  const rest = note === '' ? '' : ` ${note}`
  switch (event.kind) {
    case 'act':
      return note
    case 'fault':
      return `! ${note}`
    case 'complete':
      return `completes${number}${/^status 0$/.test(note) ? '' : rest}`
    case 'store':
      return `stores${version}${rest}`
    case 'fetch':
      return `fetches${number}${rest}`
    default:
      return `${event.kind}s${number}${version}${rest}`
  }
}

/** Bytes in memory order as one little-endian number. */
export function hexWord(bytes: Uint8Array): string {
  const digits = [...bytes].reverse().map((byte) => byte.toString(16).padStart(2, '0'))
  return digits.length === 0 ? '' : `0x${digits.join('')}`
}

/** "region [24, 32)", '' where no memory was touched. */
export function addressOf(memory: string, offset: number, lengthBytes: number): string {
  return memory === '' ? '' : `${oneLine(memory)} [${offset}, ${offset + lengthBytes})`
}

/** Neighbouring bytes of one event that tell the same story. */
export interface ValueLine {
  readonly offset: number
  readonly lengthBytes: number
  readonly value: string
  readonly readsFrom: string
}

/** An event's bytes: one line for each run of words with one source. */
export function valueLines(event: TraceEvent, segments: readonly Segment[]): readonly ValueLine[] {
  if (event.lengthBytes === 0) return []
  if (segments.length === 0) {
    const readsFrom = event.readsFrom < 0 ? '' : stepName(event.readsFrom, 0)
    return [line(event, event.offset, event.lengthBytes, readsFrom)]
  }
  const lines: ValueLine[] = []
  for (let first = 0; first < segments.length;) {
    const start = segments[first] as Segment
    const readsFrom = sourceName(start)
    let next = first + 1
    while (next < segments.length && sourceName(segments[next] as Segment) === readsFrom) next += 1
    const end = segments[next - 1] as Segment
    const lengthBytes = end.offset + end.lengthBytes - start.offset
    lines.push(line(event, start.offset, lengthBytes, readsFrom))
    first = next
  }
  return lines
}

function line(event: TraceEvent, offset: number, lengthBytes: number, from: string): ValueLine {
  const start = offset - event.offset
  const toWord = Math.min(lengthBytes, 8 - (offset % 8))
  const more = wordOf(offset + lengthBytes - 1) - wordOf(offset)
  const value = hexWord(event.value.subarray(start, start + toWord))
  return {
    offset,
    lengthBytes,
    value: more === 0 ? value : `${value} + ${more} more`,
    readsFrom: from,
  }
}

function sourceName(segment: Segment): string {
  return stepName(segment.source?.step ?? 0, segment.source?.version ?? 0)
}

function stepName(step: number, version: number): string {
  const place = step === 0 ? 'beginning' : `step ${step}`
  return version > 0 ? `${place} (v${version})` : place
}

/** The model's parameters on lines of a few each, the preset's name first if it is one. */
export function describeModel(model: SamplingModel): readonly string[] {
  const parameters = Object.entries(model)
  const preset = samplingPresetNames.find((name) => {
    const candidate: Readonly<Record<string, unknown>> = { ...samplingPresets[name] }
    return parameters.every(([parameter, value]) => candidate[parameter] === value)
  })
  const lines: string[] = preset === undefined ? [] : [preset]
  for (let first = 0; first < parameters.length; first += PARAMETERS_PER_LINE) {
    const some = parameters.slice(first, first + PARAMETERS_PER_LINE)
    lines.push(some.map(([name, value]) => `${name} ${value}`).join(', '))
  }
  return lines
}
