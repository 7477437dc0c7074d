// The report of a failed run as plain text: what failed, under which model, how to see it again,
// step by step what happened, and in the end which step tore. No colours; control characters in
// names are blanks, so a terminal shows what the report says and nothing else.
import CliTable from 'cli-table3'
import type { Violation } from '../scenario.ts'
import type { Trace, TraceEvent } from '../trace.ts'
import { addressOf, describeEvent, describeModel, valueLines } from './event-text.ts'
import type { FailedRun } from './failed-run.ts'
import { type FoldedItem, foldSteps } from './fold.ts'
import { laneOf, lanesOf, shownEvents } from './lanes.ts'
import { type Segment, traceProvenance } from './provenance.ts'
import { oneLine, sentenceCase } from './sentence.ts'
import { plainTableStyle } from './table-style.ts'
import { type Tearing, analyseTearing } from './tearing.ts'

/** Steps that a table shows before it folds. */
const STEPS_MAX = 40

const noViolation: Violation = { kind: 'none', message: '' }

const indent = ' '.repeat(11)

/**
 * The report of a failed run, ending with a line feed. Values are little-endian words, offsets
 * bytes, intervals half-open; `v4` is version 4, `#2` the second operation of a queue pair. Marks
 * before a step: `>` the pair of samples that no version explains together, `*` the store between them.
 */
export function formatReport(run: FailedRun): string {
  const { trace, violation } = run
  const tearing = analyseTearing(trace, violation)
  const events = shownEvents(trace, violation)
  const items = foldSteps(events, trace.actors, tearing, STEPS_MAX)
  const head = [
    `scenario   ${oneLine(run.scenarioName)}`,
    `violation  ${oneLine(`${violation.kind}: ${violation.message}`)}`,
    `tape       ${oneLine(run.tape)}`,
    ...describeModel(run.model).map((line, index) => (index === 0 ? `model      ` : indent) + line),
  ]
  const table = tableOf(trace, items, tearing)
  return `${head.join('\n')}\n\n${table}\n\n${sentenceCase(tearing.sentence)}\n`
}

/** The story of any run as a table of its steps, ending with a line feed; see `formatReport`. */
export function formatTrace(trace: Trace): string {
  const tearing = analyseTearing(trace, noViolation)
  const items = foldSteps(trace.events, trace.actors, tearing, STEPS_MAX)
  return `${tableOf(trace, items, tearing)}\n`
}

function tableOf(trace: Trace, items: readonly FoldedItem[], tearing: Tearing): string {
  if (items.length === 0) return '(nothing was recorded)'
  const provenance = traceProvenance(trace.events)
  const visible = items.flatMap((item) => (item.kind === 'step' ? item.events : []))
  const lanes = lanesOf(trace, visible)
  const titles = ['step', ...lanes.map(oneLine), 'address', 'value', 'reads from']
  const table = new CliTable({
    head: titles,
    colAligns: ['right', ...titles.slice(1).map(() => 'left' as const)],
    ...plainTableStyle,
  })
  for (const item of items) {
    if (item.kind === 'fold') {
      const summary = oneLine(item.summary)
      const content = item.firstStep === 0 ? summary : `… ${summary} …`
      table.push(['', { content, colSpan: titles.length - 1, hAlign: 'left' }])
      continue
    }
    item.events.forEach((event, index) => {
      const lane = laneOf(event.actor, trace.actors)
      const step = `${markOf(event, tearing)}${index === 0 ? item.step : ''}`
      const deeds = lanes.map((name) => (name === lane ? describeEvent(event) : ''))
      table.push([step, ...deeds, ...placeCells(event, provenance.get(event) ?? [])])
    })
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

function markOf(event: TraceEvent, tearing: Tearing): string {
  const { pair } = tearing
  if (pair === null) return ''
  if (event === pair.older.sample || event === pair.newer.sample) return '> '
  return event === pair.replacedBy ? '* ' : ''
}

function placeCells(event: TraceEvent, segments: readonly Segment[]): string[] {
  const lines = valueLines(event, segments)
  const cell = (text: (line: (typeof lines)[number]) => string): string =>
    lines.map(text).join('\n')
  return [
    cell(({ offset, lengthBytes }) => addressOf(event.memory, offset, lengthBytes)),
    cell(({ value }) => value),
    cell(({ readsFrom }) => readsFrom),
  ]
}
