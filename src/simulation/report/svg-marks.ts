// Marks and arrows of a timeline. Shapes tell kinds apart without colour: stores are discs, samples
// squares, acts diamonds; the tearing pair and the store between wear a ring.
import type { TraceEvent } from '../trace.ts'
import { addressOf, describeEvent, valueLines } from './event-text.ts'
import { laneOf } from './lanes.ts'
import type { Segment } from './provenance.ts'
import { labelOf } from './svg-labels.ts'
import { type Lane, type Layout, TRACK_WIDTH } from './svg-layout.ts'
import type { Tone } from './svg-style.ts'
import { escapeXml, textAt } from './svg-text.ts'
import { type Tearing, versionOf } from './tearing.ts'

export interface Drawing {
  readonly layout: Layout
  readonly tearing: Tearing
  readonly actors: readonly string[]
  readonly provenance: ReadonlyMap<TraceEvent, readonly Segment[]>
  /** Events touch more than one memory, so labels name it. */
  readonly namesMemory: boolean
}

interface Point {
  readonly x: number
  readonly y: number
}

function laneAt(drawing: Drawing, event: TraceEvent): Lane | undefined {
  const name = laneOf(event.actor, drawing.actors)
  return drawing.layout.lanes.find((lane) => lane.name === name)
}

/** Centre of an event's mark. */
export function pointOf(drawing: Drawing, event: TraceEvent): Point | null {
  const lane = laneAt(drawing, event)
  const y = drawing.layout.rows.get(event)
  if (lane === undefined || y === undefined) return null
  const track = drawing.layout.tracks.get(event)
  return { x: track === undefined ? lane.x : lane.x + (track + 1) * TRACK_WIDTH, y }
}

export function toneOf(tearing: Tearing, version: number): Tone {
  const { pair } = tearing
  if (pair === null) return 'other'
  if (version === versionOf(pair.older)) return 'older'
  return version === versionOf(pair.newer) ? 'newer' : 'other'
}

/** The pair's samples and the store between. */
export function isHot(tearing: Tearing, event: TraceEvent): boolean {
  const { pair } = tearing
  if (pair === null) return false
  return [pair.older.sample, pair.newer.sample, pair.replacedBy].includes(event)
}

/** Mark, ring, label, and a tooltip with all there is to say. */
export function drawEvent(drawing: Drawing, event: TraceEvent): string {
  const lane = laneAt(drawing, event)
  const point = pointOf(drawing, event)
  if (lane === undefined || point === null) return ''
  const hot = isHot(drawing.tearing, event)
  const label = labelOf(event, drawing.provenance.get(event) ?? [], drawing.namesMemory)
  const x = lane.labelsLeft ? lane.x - 13 : lane.x + (lane.tracks + 1) * TRACK_WIDTH + 4
  const weight = hot ? ' strong' : ''
  const alarm =
    event.kind === 'fault' || /\((?:torn|mislabelled)\)/.test(event.note) ? ' alarm' : ''
  const quiet = event.kind === 'post' || event.kind === 'complete' ? ' quiet' : ''
  const side = lane.labelsLeft ? ' left' : ''
  return [
    `<g><title>${escapeXml(tooltip(drawing, event))}</title>`,
    shape(drawing, event, point),
    hot ? `<circle cx="${point.x}" cy="${point.y}" r="9" class="hot"/>` : '',
    textAt(x, point.y + 4, `label${side}${weight}${alarm}${quiet}`, label),
    '</g>',
  ].join('')
}

function shape(drawing: Drawing, event: TraceEvent, { x, y }: Point): string {
  const { tearing, provenance } = drawing
  switch (event.kind) {
    case 'store':
    case 'place':
      return `<circle cx="${x}" cy="${y}" r="5" class="${toneOf(tearing, event.version ?? 0)}"/>`
    case 'sample':
    case 'load': {
      const tones = (provenance.get(event) ?? []).map((part) => toneOf(tearing, versionOf(part)))
      const tone = tones.includes('newer') ? 'newer' : (tones[0] ?? 'other')
      // Half and half where one sample took bytes of both.
      const half = tone === 'newer' && tones.includes('older')
      const square = `<rect x="${x - 5}" y="${y - 5}" width="10" height="10" class="${tone}"/>`
      return half
        ? `${square}<rect x="${x - 5}" y="${y - 5}" width="5" height="10" class="older"/>`
        : square
    }
    case 'fault':
      return `<path d="M${x - 5} ${y - 5}l10 10m0 -10l-10 10" class="hot"/>`
    case 'act':
      return `<path d="M${x} ${y - 5}l5 5l-5 5l-5 -5z" class="act"/>`
    default:
      return `<path d="M${x - 5} ${y}h10" class="axis"/>`
  }
}

function tooltip(drawing: Drawing, event: TraceEvent): string {
  const lines = valueLines(event, drawing.provenance.get(event) ?? []).map((line) => {
    const place = addressOf(event.memory, line.offset, line.lengthBytes)
    const from = line.readsFrom === '' ? '' : `, from ${line.readsFrom}`
    return `${place} = ${line.value}${from}`
  })
  return [`step ${event.step}: ${event.actor} ${describeEvent(event)}`, ...lines].join('; ')
}

/** Arrows from stores to the samples of the violated read that took them. */
export function drawFlows(drawing: Drawing): string {
  const { tearing } = drawing
  const { pair } = tearing
  const drawn = new Set<string>()
  const flows: string[] = []
  for (const segment of tearing.segments) {
    if (segment.source === null) continue
    const from = pointOf(drawing, segment.source)
    const to = pointOf(drawing, segment.sample)
    const strong = pair !== null && (segment === pair.older || segment === pair.newer)
    const tone = toneOf(tearing, versionOf(segment))
    const name = `flow flow-${tone}${strong ? ' flow-strong' : ''}`
    const path = arrow(from, to, name, tone)
    if (path === '' || (drawn.has(path) && !strong)) continue
    drawn.add(path)
    flows.push(path)
  }
  return flows.join('')
}

/** From the older sample to the store that came too late for it. */
export function drawMiss(drawing: Drawing): string {
  const { pair } = drawing.tearing
  if (pair === null || pair.replacedBy === null) return ''
  const from = pointOf(drawing, pair.older.sample)
  const to = pointOf(drawing, pair.replacedBy)
  return arrow(from, to, 'hot missed', 'alarm')
}

function arrow(from: Point | null, to: Point | null, name: string, tone: string): string {
  if (from === null || to === null) return ''
  const direction = to.x >= from.x ? 1 : -1
  const [startX, endX] = [from.x + direction * 10, to.x - direction * 11]
  const bend = Math.max(30, Math.abs(endX - startX) * 0.45) * direction
  const controls = `${startX + bend} ${from.y} ${endX - bend} ${to.y}`
  const curve = `M${startX} ${from.y}C${controls} ${endX} ${to.y}`
  const head = `M${endX + direction * 2} ${to.y}l${-direction * 8} -4v8z`
  return `<path d="${curve}" class="${name}"/><path d="${head}" class="${tone}"/>`
}
