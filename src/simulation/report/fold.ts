// Decides which steps of a long run a report shows, and tells the others in one line each stretch.
// Invariant: the steps of the tearing pair, the begin and end of its read and all faults are shown;
// every other step is shown or lies in exactly one fold.
import type { TraceEvent } from '../trace.ts'
import { laneOf } from './lanes.ts'
import type { Tearing } from './tearing.ts'

export type FoldedItem =
  | { readonly kind: 'step'; readonly step: number; readonly events: readonly TraceEvent[] }
  | {
      readonly kind: 'fold'
      readonly firstStep: number
      readonly lastStep: number
      /** "14 steps: owner stores versions 5 to 9". */
      readonly summary: string
      readonly events: readonly TraceEvent[]
    }

/** A fold of fewer steps saves nothing. */
const FOLD_STEPS_MIN = 3

interface Step {
  readonly step: number
  readonly events: TraceEvent[]
}

/**
 * Shows at most about `stepsMax` of the steps that `events` belong to: the essential ones, then the
 * violated read's own, then those closest to either.
 */
export function foldSteps(
  events: readonly TraceEvent[],
  actors: readonly string[],
  tearing: Tearing,
  stepsMax: number,
): readonly FoldedItem[] {
  const steps = groupSteps(events)
  const shown = chooseSteps(steps, actors, tearing, stepsMax)
  const items: FoldedItem[] = []
  for (let at = 0; at < steps.length;) {
    const { step } = steps[at] as Step
    let end = at + 1
    const hidden = (index: number): boolean => !shown.has((steps[index] as Step).step)
    // What was there before the first step is a line of its own.
    if (step > 0 && hidden(at)) while (end < steps.length && hidden(end)) end += 1
    const folds = step === 0 || (hidden(at) && end - at >= FOLD_STEPS_MIN)
    if (folds) items.push(foldOf(steps.slice(at, end), actors))
    else for (const one of steps.slice(at, end)) items.push({ kind: 'step', ...one })
    at = end
  }
  return items
}

function groupSteps(events: readonly TraceEvent[]): readonly Step[] {
  const steps: Step[] = []
  for (const event of events) {
    const last = steps.at(-1)
    if (last !== undefined && last.step === event.step) last.events.push(event)
    else steps.push({ step: event.step, events: [event] })
  }
  return steps
}

/** Steps without which the sentence cannot be followed. */
function essentialSteps(steps: readonly Step[], tearing: Tearing): ReadonlySet<number> {
  const { pair } = tearing
  const essential = new Set([tearing.firstStep, tearing.lastStep])
  for (const event of [
    pair?.older.sample,
    pair?.older.source,
    pair?.newer.sample,
    pair?.newer.source,
    pair?.replacedBy,
  ]) {
    if (event !== undefined && event !== null) essential.add(event.step)
  }
  for (const { step, events } of steps) {
    if (events.some((event) => event.kind === 'fault')) essential.add(step)
  }
  return essential
}

function chooseSteps(
  steps: readonly Step[],
  actors: readonly string[],
  tearing: Tearing,
  stepsMax: number,
): ReadonlySet<number> {
  const later = steps.filter(({ step }) => step > 0)
  if (later.length <= stepsMax) return new Set(later.map(({ step }) => step))
  const shown = new Set([...essentialSteps(steps, tearing)].filter((step) => step > 0))
  const sources = new Set(tearing.segments.map(({ source }) => source?.step ?? 0))
  const samples = new Set(tearing.segments.map(({ sample }) => sample.step))
  const anchors = [...shown]
  const rank = ({ step, events }: Step): number => {
    const away = Math.min(...anchors.map((anchor) => Math.abs(anchor - step)))
    const inside = step >= tearing.firstStep && step <= tearing.lastStep
    const own = inside && events.some((event) => laneOf(event.actor, actors) === tearing.reader)
    if (samples.has(step) || sources.has(step)) return away
    return away + (own ? steps.length : 2 * steps.length)
  }
  // What other readers do explains nothing here; what is stored might.
  const tells = ({ events }: Step): boolean =>
    events.some(
      ({ kind, actor }) =>
        kind === 'store' || kind === 'place' || laneOf(actor, actors) === tearing.reader,
    )
  const ranked = later
    .filter((step) => !shown.has(step.step) && tells(step))
    .map((step) => ({ step: step.step, rank: rank(step) }))
    .sort((one, other) => one.rank - other.rank || one.step - other.step)
  // Neither sources nor samples: only as context, close to what matters.
  for (const { step, rank: distance } of ranked) {
    if (shown.size >= stepsMax) break
    if (distance < 2 * steps.length + 3) shown.add(step)
  }
  return shown
}

function foldOf(steps: readonly Step[], actors: readonly string[]): FoldedItem {
  const events = steps.flatMap((step) => step.events)
  const firstStep = (steps[0] as Step).step
  const lastStep = (steps.at(-1) as Step).step
  const count = steps.length === 1 ? '1 step' : `${steps.length} steps`
  const told = summarise(events, actors)
  const summary = firstStep === 0 ? beginning(events) : `${count}: ${told}`
  return { kind: 'fold', firstStep, lastStep, summary, events }
}

/** What was stored before the first step is what memory holds then. */
function beginning(events: readonly TraceEvent[]): string {
  const version = Math.max(0, ...events.map((event) => event.version ?? 0))
  return version === 0 ? 'beginning' : `beginning: version ${version}`
}

/** "owner stores versions 5 to 9; r1 samples 4 times and completes 1 operation". */
function summarise(events: readonly TraceEvent[], actors: readonly string[]): string {
  const byLane = new Map<string, TraceEvent[]>()
  for (const event of events) {
    const lane = laneOf(event.actor, actors)
    byLane.set(lane, [...(byLane.get(lane) ?? []), event])
  }
  const parts = [...byLane].map(([lane, own]) => `${lane} ${joined(deedsOf(own))}`)
  return parts.join('; ')
}

function deedsOf(events: readonly TraceEvent[]): string[] {
  const count = (kinds: readonly string[]): number =>
    events.filter(({ kind }) => kinds.includes(kind)).length
  const times = (number: number): string => (number === 1 ? 'once' : `${number} times`)
  const deeds: string[] = []
  const stores = events.filter(({ kind }) => kind === 'store')
  if (stores.length > 0) deeds.push(`stores ${versionRange(stores)}`)
  const counted: readonly (readonly [string, readonly string[]])[] = [
    ['places', ['place']],
    ['fetches', ['fetch']],
    ['samples', ['sample']],
    ['loads', ['load']],
    ['posts', ['post']],
    ['completes', ['complete']],
  ]
  for (const [verb, kinds] of counted) {
    const number = count(kinds)
    if (number > 0) deeds.push(`${verb} ${times(number)}`)
  }
  const acts = events.filter(({ kind }) => kind === 'act')
  if (acts.length === 1) deeds.push(acts[0]?.note ?? '')
  else if (acts.length > 1) deeds.push(`acts ${times(acts.length)}`)
  return deeds.filter((deed) => deed !== '')
}

function versionRange(stores: readonly TraceEvent[]): string {
  const versions = stores.map(({ version }) => version ?? 0).filter((version) => version > 0)
  if (versions.length === 0) return stores.length === 1 ? 'once' : `${stores.length} times`
  const first = Math.min(...versions)
  const last = Math.max(...versions)
  if (first === last) return `${stores.length === 1 ? 'a word' : 'words'} of version ${first}`
  return `versions ${first} to ${last}`
}

function joined(parts: readonly string[]): string {
  if (parts.length < 2) return parts[0] ?? 'acts'
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}
