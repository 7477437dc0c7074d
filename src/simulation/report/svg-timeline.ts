// A failed run as a picture: lanes side by side, time downwards, arrows from stores to the samples
// that took them, the tearing pair ringed. Self-contained SVG: no scripts, fonts or links; light
// and dark; text stays text. No ids, so that one page may hold several.
import type { TraceEvent } from '../trace.ts'
import type { FailedRun } from './failed-run.ts'
import { type FoldedItem, foldSteps } from './fold.ts'
import { shownEvents } from './lanes.ts'
import { traceProvenance } from './provenance.ts'
import { oneLine, sentenceCase } from './sentence.ts'
import { CHARACTER, type Layout, ROW_HEIGHT, TRACK_WIDTH, layOut } from './svg-layout.ts'
import { labelOf } from './svg-labels.ts'
import {
  type Drawing,
  drawEvent,
  drawFlows,
  drawMiss,
  isHot,
  pointOf,
  toneOf,
} from './svg-marks.ts'
import { timelineStyle } from './svg-style.ts'
import { escapeXml, textAt, wrap } from './svg-text.ts'
import { type Tearing, analyseTearing, versionOf } from './tearing.ts'

/** Steps that a picture shows before it folds. */
const STEPS_MAX = 36
const MARGIN = 20
const LANE_HEADER = 34

/** The picture of a failed run: an SVG document, ending with a line feed. */
export function renderTimeline(run: Omit<FailedRun, 'tape' | 'model'>): string {
  const { trace, violation } = run
  const tearing = analyseTearing(trace, violation)
  const events = shownEvents(trace, violation)
  const items = foldSteps(events, trace.actors, tearing, STEPS_MAX)
  const shown = items.flatMap((item) => (item.kind === 'step' ? item.events : []))
  const memories = new Set(shown.map(({ memory }) => memory).filter((name) => name !== ''))
  const namesMemory = memories.size > 1
  const provenance = traceProvenance(trace.events)
  const label = (event: TraceEvent): string =>
    labelOf(event, provenance.get(event) ?? [], namesMemory)
  const place = (top: number): Layout => layOut(items, trace.actors, tearing, label, top)
  const { width } = place(0)
  const caption = drawCaption(run, tearing, width)
  const layout = place(caption.bottom + LANE_HEADER)
  const drawing: Drawing = { layout, tearing, actors: trace.actors, provenance, namesMemory }
  const height = layout.bottom + 64
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  const description = sentenceCase(tearing.sentence)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">`,
    `<title>${escapeXml(`${oneLine(run.scenarioName)}: ${violation.kind}`)}</title>`,
    `<desc>${escapeXml(description)}</desc>`,
    `<style>${timelineStyle}</style>`,
    `<rect width="${width}" height="${height}" class="ground"/>`,
    caption.markup,
    drawBands(drawing, shown),
    drawLanes(layout, caption.bottom),
    drawSpans(layout),
    drawFolds(layout),
    drawFlows(drawing),
    drawMiss(drawing),
    ...layout.steps.map(({ step, y }) => textAt(46, y + 4, 'number', String(step))),
    drawBeginning(drawing, items),
    ...shown.map((event) => drawEvent(drawing, event)),
    drawLegend(tearing, layout.bottom + 34),
    '</svg>\n',
  ].join('\n')
}

function drawCaption(
  run: Omit<FailedRun, 'tape' | 'model'>,
  tearing: Tearing,
  width: number,
): { readonly markup: string; readonly bottom: number } {
  const { kind, message } = run.violation
  const parts = [textAt(MARGIN, 34, 'title', run.scenarioName)]
  let y = 56
  const told = tearing.pair === null ? kind : `${kind}: ${message}`
  for (const line of wrap(told, Math.floor((width - 2 * MARGIN) / CHARACTER))) {
    parts.push(textAt(MARGIN, y, 'quiet', line))
    y += 17
  }
  const top = y - 6
  y = top + 24
  for (const line of wrap(
    sentenceCase(tearing.sentence),
    Math.floor((width - 2 * MARGIN - 28) / 8.4),
  )) {
    parts.push(textAt(MARGIN + 16, y, 'sentence', line))
    y += 20
  }
  const height = y - top - 6
  const box =
    `<rect x="${MARGIN}" y="${top}" width="${width - 2 * MARGIN}" height="${height}" ` +
    `class="alarm-band"/>` +
    `<rect x="${MARGIN}" y="${top}" width="4" height="${height}" class="alarm"/>`
  return { markup: box + parts.join(''), bottom: top + height + 10 }
}

/** Rows of the pair and of the store between stand out over the whole width. */
function drawBands(drawing: Drawing, shown: readonly TraceEvent[]): string {
  const { layout, tearing } = drawing
  const rows = shown.filter((event) => isHot(tearing, event))
  return rows
    .map((event) => {
      const y = (layout.rows.get(event) ?? 0) - ROW_HEIGHT / 2
      const size = `width="${layout.width - 2 * MARGIN}" height="${ROW_HEIGHT}"`
      return `<rect x="${MARGIN}" y="${y}" ${size} class="alarm-band"/>`
    })
    .join('')
}

function drawLanes(layout: Layout, top: number): string {
  return layout.lanes
    .map(({ name, x }) => {
      const title = textAt(x, top + 18, 'lane', name)
      return `${title}<path d="M${x} ${top + 26}V${layout.bottom + 4}" class="axis"/>`
    })
    .join('')
}

function drawFolds(layout: Layout): string {
  return layout.folds
    .map(({ y, height, lines }) => {
      const size = `width="${layout.width - 2 * MARGIN}" height="${height - 4}"`
      const box = `<rect x="${MARGIN}" y="${y + 2}" ${size} rx="4" class="band"/>`
      const text = lines.map((line, index) => textAt(58, y + 18 + index * 16, 'fold', line))
      return box + text.join('')
    })
    .join('')
}

/** Something for the arrows from what was there before the first step to start at. */
function drawBeginning(drawing: Drawing, items: readonly FoldedItem[]): string {
  const stores = items.flatMap((item) =>
    item.kind === 'fold' && item.firstStep === 0 ? item.events : [],
  )
  const last = stores.findLast((event) => (event.version ?? 0) > 0)
  const point = last === undefined ? null : pointOf(drawing, last)
  if (last === undefined || point === null) return ''
  const tone = toneOf(drawing.tearing, last.version ?? 0)
  return `<circle cx="${point.x}" cy="${point.y}" r="5" class="${tone}"/>`
}

function drawSpans(layout: Layout): string {
  return layout.spans
    .map(({ lane, track, top, bottom, title }) => {
      const x = lane.x + (track + 1) * TRACK_WIDTH - 6.5
      const size = `width="13" height="${bottom - top + 16}"`
      const box = `<rect x="${x}" y="${top - 8}" ${size} rx="6.5" class="span"/>`
      return `<g><title>${escapeXml(title)}</title>${box}</g>`
    })
    .join('')
}

function drawLegend(tearing: Tearing, y: number): string {
  const { pair } = tearing
  const parts: string[] = []
  let x = MARGIN + 6
  const entry = (mark: string, text: string): void => {
    parts.push(`<g transform="translate(${x} ${y})">${mark}</g>`)
    parts.push(textAt(x + 14, y + 4, 'quiet', text))
    x += 14 + text.length * CHARACTER + 20
  }
  const version = (number: number): string => (number === 0 ? 'the beginning' : `version ${number}`)
  entry('<circle r="5" class="other"/>', 'store')
  entry('<rect x="-5" y="-5" width="10" height="10" class="other"/>', 'sample')
  entry(
    '<rect x="-6.5" y="-8" width="13" height="16" rx="6.5" class="span"/>',
    'operation in flight',
  )
  if (pair !== null) {
    const square = (tone: string): string =>
      `<rect x="-5" y="-5" width="10" height="10" class="${tone}"/>`
    entry(square('older'), version(versionOf(pair.older)))
    entry(square('newer'), version(versionOf(pair.newer)))
    if (pair.replacedBy !== null) {
      entry('<path d="M-7 0H9" class="hot missed"/>', 'stored too late to be read')
    }
  }
  return parts.join('')
}
