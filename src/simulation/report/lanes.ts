// Lanes: what a reader of a report takes for one party. A queue pair named after its reader
// ("r1.qp" of "r1") shares the reader's lane. Invariant: every event that a report shows has one
// lane, and whoever only repeats the violation has none, since a report opens with it.
import type { Violation } from '../scenario.ts'
import type { Trace, TraceEvent } from '../trace.ts'

/** The lane of an actor among all actors' names. */
export function laneOf(actor: string, actors: readonly string[]): string {
  let lane = actor
  for (const other of actors) {
    if (actor.startsWith(`${other}.`) && other.length < lane.length) lane = other
  }
  return lane
}

/** Events that tell more than the violation's own text. */
export function shownEvents(trace: Trace, violation: Violation): readonly TraceEvent[] {
  const verdict = `${violation.kind}: ${violation.message}`
  return trace.events.filter((event) => event.kind !== 'act' || event.note !== verdict)
}

/** Lanes of those events, in the order of the trace's actors. */
export function lanesOf(trace: Trace, events: readonly TraceEvent[]): readonly string[] {
  const used = new Set(events.map((event) => laneOf(event.actor, trace.actors)))
  const lanes = new Set<string>()
  for (const actor of [...trace.actors, ...events.map((event) => event.actor)]) {
    const lane = laneOf(actor, trace.actors)
    if (used.has(lane)) lanes.add(lane)
  }
  return [...lanes]
}
