// The actors of a soak: who there is, who is to be started, stopped, killed, replaced, and since when
// somebody has to recover. Invariant: every role has its actors, or their successors are starting.
import { ActorProcess, type ActorEvents } from './actor-process.ts'
import type { Fault } from './fault-plan.ts'
import { processHealth } from './process-health.ts'
import type { ActorOrder, RoleName } from './soak-messages.ts'
import { roleNames } from './soak-messages.ts'
import { castOf } from './soak-regions.ts'
import type { SoakRecord } from './soak-record.ts'
import { type Patience, hangOf } from './watchdog.ts'

export type Stage = Pick<ActorOrder, 'seed' | 'device' | 'address' | 'ledgerFolder'>

/** An actor from which the next success is awaited. */
interface Recovering {
  readonly kind: string
  readonly sinceMs: number
  /** Successes that it had then. */
  readonly successes: number
  /** Incarnation of the owner that does not count any more; 0 for none. */
  readonly deadIncarnation: number
}

export class Cast {
  readonly counts: Readonly<Record<RoleName, number>> = castOf()
  readonly #stage: Stage
  readonly #record: SoakRecord
  readonly #actors = new Map<RoleName, (ActorProcess | undefined)[]>(
    roleNames.map((role) => [role, []]),
  )
  /** Every process that may still live. */
  readonly #living = new Set<ActorProcess>()
  readonly #recovering = new Map<ActorProcess, Recovering>()
  readonly #wakes = new Map<ActorProcess, number>()
  readonly #events: ActorEvents
  #nextId = 1
  #port = 0
  #finishing = false

  constructor(stage: Stage, record: SoakRecord) {
    this.#stage = stage
    this.#record = record
    this.#events = {
      onReady: (actor, port) => this.#ready(actor, port),
      onReport: (actor) => this.#reported(actor),
      onFailed: (actor, message) => record.violated(`${actor.name} gave up: ${message}`),
      onExit: (actor, how, expected) => this.#exited(actor, how, expected),
    }
  }

  /** Starts whom it can; true once all are there. */
  begin(): boolean {
    if (this.#port === 0) {
      if (this.#at('owner', 0) === undefined) this.#start('owner', 0)
      return false
    }
    let all = true
    for (const role of roleNames) {
      for (let place = 0; place < this.counts[role]; place += 1) {
        const actor = this.#at(role, place)
        if (actor === undefined) this.#start(role, place)
        all &&= actor?.ready === true
      }
    }
    return all
  }

  /** Who has not started yet. */
  absent(): string {
    const late = [...this.#living].filter((actor) => !actor.ready)
    return late.map((actor) => `${actor.name} (${actor.doing})`).join(', ') || 'the owner'
  }

  remaining(): string {
    return [...this.#living].map((actor) => `${actor.name} (${actor.doing})`).join(', ')
  }

  /** Does what the fault says, unless its victim is not there just now. */
  inject(fault: Fault, nowMs: number): void {
    const { role, kind } = fault
    const actor = this.#at(role, fault.place)
    if (actor === undefined || !actor.ready || actor.stopped || actor.gone) return
    this.#record.fault(`${role} ${kind === 'kill' ? 'killed' : 'stopped'}`)
    if (kind === 'stop') {
      actor.stop()
      this.#wakes.set(actor, nowMs + fault.stoppedMs)
      return
    }
    const deadIncarnation = actor.report?.incarnation ?? 0
    actor.kill()
    this.#start(role, fault.place)
    const successor = this.#at(role, fault.place)
    if (successor !== undefined) this.#awaitRecovery(successor, `${role} killed`, nowMs)
    if (role !== 'owner') return
    for (const peer of this.#peers()) {
      this.#awaitRecovery(peer, 'peer after the owner’s kill', nowMs, deadIncarnation)
    }
  }

  /** Lets those go on whose time has come. */
  wakeDue(nowMs: number): void {
    for (const [actor, dueMs] of this.#wakes) {
      if (nowMs < dueMs) continue
      this.#wakes.delete(actor)
      if (actor.gone) continue
      actor.goOn()
      this.#awaitRecovery(actor, `${actor.role} stopped`, nowMs)
      if (actor.role === 'owner') this.#forgive(nowMs)
    }
  }

  /** Who hangs, and doing what. */
  hung(nowMs: number, patience: Patience): readonly string[] {
    const owner = this.#at('owner', 0)
    const ownerThere = owner?.ready === true && !owner.stopped
    return [...this.#living].flatMap((actor) => {
      const text = hangOf(actor, ownerThere, nowMs, patience)
      return text === null ? [] : [text]
    })
  }

  sampleHealth(nowMs: number): void {
    for (const actor of this.#living) {
      if (!actor.ready || !this.#record.wantsHealth(actor, nowMs)) continue
      const health = processHealth(actor.pid)
      if (health !== null) this.#record.health(actor, health, nowMs)
    }
  }

  /** Tells them to finish; true once they have ended. */
  finish(stage: 'peers' | 'owner'): boolean {
    this.#finishing = true
    this.#wakes.clear()
    // Peers need the owner to end well, too.
    for (const actor of this.#living) if (actor.stopped) actor.goOn()
    const whom = [...this.#living].filter(
      (actor) => (actor.role === 'owner') === (stage === 'owner'),
    )
    for (const actor of whom) actor.finish()
    return whom.length === 0
  }

  async killAll(): Promise<void> {
    const living = [...this.#living]
    for (const actor of living) actor.kill()
    await Promise.all(living.map((actor) => actor.exited))
  }

  #at(role: RoleName, place: number): ActorProcess | undefined {
    return this.#actors.get(role)?.[place]
  }

  #peers(): readonly ActorProcess[] {
    return [...this.#living].filter((actor) => actor.role !== 'owner' && !actor.gone)
  }

  #start(role: RoleName, place: number): void {
    const id = this.#nextId
    this.#nextId += 1
    const actor = new ActorProcess({ ...this.#stage, role, id, port: this.#port }, this.#events)
    this.#living.add(actor)
    const places = this.#actors.get(role)
    if (places !== undefined) places[place] = actor
  }

  #awaitRecovery(actor: ActorProcess, kind: string, sinceMs: number, deadIncarnation = 0): void {
    const successes = actor.report?.successes ?? 0
    this.#recovering.set(actor, { kind, sinceMs, successes, deadIncarnation })
  }

  /** The owner was away: nobody could be expected to succeed. */
  #forgive(nowMs: number): void {
    for (const peer of this.#peers()) peer.progressMs = nowMs
  }

  #ready(actor: ActorProcess, port: number): void {
    if (actor.role !== 'owner') return
    this.#port = port
    this.#forgive(performance.now())
  }

  #reported(actor: ActorProcess): void {
    const { report } = actor
    const recovering = this.#recovering.get(actor)
    if (report === null || recovering === undefined) return
    const { kind, sinceMs, successes, deadIncarnation } = recovering
    if (report.successes <= successes || report.incarnation === deadIncarnation) return
    this.#recovering.delete(actor)
    this.#record.recovered(kind, performance.now() - sinceMs)
  }

  #exited(actor: ActorProcess, how: string, expected: boolean): void {
    this.#living.delete(actor)
    this.#recovering.delete(actor)
    this.#wakes.delete(actor)
    this.#record.ended(actor)
    if (expected || this.#finishing) return
    this.#record.violated(`${actor.name} ended by itself (${how}), doing: ${actor.doing}`)
  }
}
