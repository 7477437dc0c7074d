// Where things stand in a timeline: lanes side by side, time downwards, one row for each event.
// Invariant: rows do not overlap, and the stores' lanes come first, so that most arrows cross only
// the gap beside the violated reader.
import type { TraceEvent } from '../trace.ts'
import type { FoldedItem } from './fold.ts'
import { laneOf, lanesOf } from './lanes.ts'
import type { Tearing } from './tearing.ts'
import { wrap } from './svg-text.ts'

export const ROW_HEIGHT = 21
export const TRACK_WIDTH = 15
const FOLD_LINE_HEIGHT = 16
const GUTTER = 58
const LEFT_LABELS_MIN = 190
const RIGHT_LABELS_MIN = 190
const GAP = 150
/** The legend fits. */
const WIDTH_MIN = 720
/** Average width of a character of 12 px, on the large side. */
export const CHARACTER = 6.7

export interface Lane {
  readonly name: string
  /** The axis; labels of the first lane stand left of it, of others right of the tracks. */
  readonly x: number
  readonly labelsLeft: boolean
  /** Operations in flight at the same time lie in tracks beside each other. */
  readonly tracks: number
}

export interface Fold {
  readonly y: number
  readonly height: number
  readonly lines: readonly string[]
}

/** An operation of a queue pair, from post to completion. */
export interface Span {
  readonly lane: Lane
  readonly track: number
  readonly top: number
  readonly bottom: number
  readonly title: string
}

export interface Layout {
  readonly width: number
  readonly bottom: number
  readonly lanes: readonly Lane[]
  /** Centre of each shown event's row. */
  readonly rows: ReadonlyMap<TraceEvent, number>
  /** Step numbers and where they stand. */
  readonly steps: readonly { readonly step: number; readonly y: number }[]
  readonly folds: readonly Fold[]
  readonly spans: readonly Span[]
  /** Track of an event's operation. */
  readonly tracks: ReadonlyMap<TraceEvent, number>
}

interface Flight {
  readonly lane: string
  readonly name: string
  readonly events: TraceEvent[]
  top: number
  bottom: number
  track: number
}

/** Lays out `items` below `top`; `labelOf` says what stands beside a mark. */
export function layOut(
  items: readonly FoldedItem[],
  actors: readonly string[],
  tearing: Tearing,
  labelOf: (event: TraceEvent) => string,
  top: number,
): Layout {
  const events = items.flatMap((item) => item.events)
  const names = orderedLanes(events, actors, tearing)
  const shown = items.flatMap((item) => (item.kind === 'step' ? item.events : []))
  const roomOf = (lane: string, least: number): number =>
    shown
      .filter(({ actor }) => laneOf(actor, actors) === lane)
      .reduce((most, event) => Math.max(most, labelOf(event).length * CHARACTER + 40), least)
  const draftWidth = names.reduce((sum, name) => sum + roomOf(name, RIGHT_LABELS_MIN), GAP)
  const columns = Math.floor(draftWidth / CHARACTER) - 8
  const vertical = stack(items, top, Math.max(60, columns))
  const flights = fly(items, actors, vertical.rows)
  const lanes: Lane[] = []
  let x = GUTTER + roomOf(names[0] ?? '', LEFT_LABELS_MIN)
  for (const [index, name] of names.entries()) {
    const own = flights.filter((flight) => flight.lane === name)
    const tracks = own.reduce((most, flight) => Math.max(most, flight.track + 1), 0)
    const labelsLeft = index === 0 && tracks === 0
    if (index === 0 && !labelsLeft) x = GUTTER + 30
    lanes.push({ name, x, labelsLeft, tracks })
    x += labelsLeft ? GAP : tracks * TRACK_WIDTH + roomOf(name, RIGHT_LABELS_MIN)
  }
  const spans = flights.flatMap((flight): Span[] => {
    const lane = lanes.find(({ name }) => name === flight.lane)
    if (lane === undefined) return []
    const { track, bottom, name } = flight
    return [{ lane, track, top: flight.top, bottom, title: name }]
  })
  const tracks = new Map<TraceEvent, number>()
  for (const flight of flights) for (const event of flight.events) tracks.set(event, flight.track)
  const width = Math.ceil(Math.max(x + 16, WIDTH_MIN))
  return { ...vertical, width, lanes, spans, tracks }
}

function orderedLanes(
  events: readonly TraceEvent[],
  actors: readonly string[],
  tearing: Tearing,
): readonly string[] {
  const stores = new Set(
    events.filter(({ kind }) => kind === 'store').map(({ actor }) => laneOf(actor, actors)),
  )
  const rank = (lane: string): number => (stores.has(lane) ? 0 : lane === tearing.reader ? 1 : 2)
  return lanesOf({ actors, events }, events).toSorted((one, other) => rank(one) - rank(other))
}

function stack(
  items: readonly FoldedItem[],
  top: number,
  columns: number,
): Pick<Layout, 'rows' | 'steps' | 'folds' | 'bottom'> {
  const rows = new Map<TraceEvent, number>()
  const steps: { step: number; y: number }[] = []
  const folds: Fold[] = []
  let y = top
  for (const item of items) {
    if (item.kind === 'fold') {
      const lines = wrap(item.firstStep === 0 ? item.summary : `… ${item.summary} …`, columns)
      const height = lines.length * FOLD_LINE_HEIGHT + 12
      folds.push({ y, height, lines })
      for (const event of item.events) rows.set(event, y + height / 2)
      y += height
      continue
    }
    steps.push({ step: item.step, y: y + ROW_HEIGHT / 2 })
    for (const event of item.events) {
      rows.set(event, y + ROW_HEIGHT / 2)
      y += ROW_HEIGHT
    }
  }
  return { rows, steps, folds, bottom: y }
}

/** Operations with the lowest track that is free while they are in flight. */
function fly(
  items: readonly FoldedItem[],
  actors: readonly string[],
  rows: ReadonlyMap<TraceEvent, number>,
): readonly Flight[] {
  const flights = new Map<string, Flight>()
  for (const event of items.flatMap((item) => item.events)) {
    if (event.operation === undefined) continue
    const name = `${event.actor} #${event.operation}`
    const y = rows.get(event) ?? 0
    const flight = flights.get(name)
    if (flight === undefined) {
      const lane = laneOf(event.actor, actors)
      flights.set(name, { lane, name, events: [event], top: y, bottom: y, track: 0 })
    } else {
      flight.events.push(event)
      flight.bottom = y
    }
  }
  const placed: Flight[] = []
  for (const flight of flights.values()) {
    const busy = new Set(
      placed
        .filter(({ lane, bottom }) => lane === flight.lane && bottom >= flight.top)
        .map(({ track }) => track),
    )
    while (busy.has(flight.track)) flight.track += 1
    placed.push(flight)
  }
  return placed
}
