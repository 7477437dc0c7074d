// What a soak has seen of all its actors, living and dead, and the verdict over it.
import type { Device } from '../../src/fabric/contract.ts'
import { describeDevice, describeEnvironment } from '../support/environment.ts'
import type { ActorProcess } from './actor-process.ts'
import type { LedgerVerdict } from './ledger.ts'
import type { ProcessHealth } from './process-health.ts'
import { RecoveryLog } from './recovery-log.ts'
import type { ActorReport, HeapReport, RoleName } from './soak-messages.ts'
import { roleNames } from './soak-messages.ts'
import {
  type FailureTally,
  type RoleHealth,
  type RoleTally,
  SOAK_SCHEMA,
  type SoakReport,
  isExpected,
} from './soak-report.ts'

const HEALTH_INTERVAL_MS = 1_000
/** Code is compiled and pools are filled by then. */
const WARM_UP_MS = 3_000
/** A process that lives on may hold so many handles more than when it had warmed up. */
const HANDLES_GROWTH_MAX = 32
/** V8 collects when it likes: garbage of this much may lie about. */
const RSS_GROWTH_BYTES_MAX = 2 ** 28
const VIOLATIONS_MAX = 100

/** What is recorded of an actor. */
export type Recorded = Pick<ActorProcess, 'name' | 'role' | 'report' | 'stopped'>

interface Life {
  readonly startMs: number
  readonly start: ProcessHealth
  lastMs: number
  last: ProcessHealth
}

export class SoakRecord {
  readonly #faults = new Map<string, number>()
  readonly #recoveries = new RecoveryLog()
  readonly #violations: string[] = []
  readonly #operations = new Map<string, RoleTally>()
  readonly #failures = new Map<string, RoleTally>()
  readonly #lives = new Map<Recorded, Life>()
  readonly #born = new Map<Recorded, number>()
  #tornAccepted = 0
  #heap: HeapReport | null = null
  #ledgers: LedgerVerdict = { updates: 0, lost: 0, violations: [] }

  violated(what: string): void {
    if (this.#violations.length < VIOLATIONS_MAX) this.#violations.push(what)
  }

  fault(kind: string): void {
    this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + 1)
  }

  recovered(kind: string, milliseconds: number): void {
    this.#recoveries.add(kind, milliseconds)
  }

  wantsHealth(actor: Recorded, nowMs: number): boolean {
    const bornMs = this.#born.get(actor)
    if (bornMs === undefined) {
      this.#born.set(actor, nowMs)
      return false
    }
    if (actor.stopped || nowMs - bornMs < WARM_UP_MS) return false
    return nowMs - (this.#lives.get(actor)?.lastMs ?? 0) >= HEALTH_INTERVAL_MS
  }

  health(actor: Recorded, health: ProcessHealth, nowMs: number): void {
    const life = this.#lives.get(actor)
    if (life === undefined) {
      this.#lives.set(actor, { startMs: nowMs, start: health, lastMs: nowMs, last: health })
      return
    }
    life.lastMs = nowMs
    life.last = health
  }

  /** Adds what an actor has done to the totals; once, when it is gone. */
  ended(actor: Recorded): void {
    const { report, role } = actor
    if (report === null) return
    this.#addAll(this.#operations, role, report.operations)
    this.#addAll(this.#failures, role, report.failures)
    this.#tornAccepted += report.tornAccepted
    for (const violation of report.violations) this.violated(`${actor.name}: ${violation}`)
    if (report.heap !== null) this.#heap = report.heap
  }

  settle(ledgers: LedgerVerdict): void {
    this.#ledgers = ledgers
    for (const violation of ledgers.violations) this.violated(violation)
  }

  /** One line for somebody who watches. */
  brief(): string {
    let faults = 0
    for (const count of this.#faults.values()) faults += count
    return `${faults} faults, ${this.#violations.length} violations`
  }

  report(about: {
    readonly device: Device
    readonly seed: number
    readonly durationSeconds: number
  }): SoakReport {
    const failures = sorted(this.#failures).map((tally): FailureTally => ({
      ...tally,
      expected: isExpected(tally.role, tally.what),
    }))
    for (const { expected, role, protocol, what, count } of failures) {
      if (!expected)
        this.violated(`${role}: ${count} operations of ${protocol} failed with ${what}`)
    }
    const processes = this.#processes()
    for (const process of processes) this.#judgeHealth(process)
    if (this.#operations.size === 0) this.violated('nothing was done at all')
    return {
      schema: SOAK_SCHEMA,
      device: describeDevice(about.device),
      environment: describeEnvironment(),
      seed: about.seed,
      durationSeconds: Math.round(about.durationSeconds * 1000) / 1000,
      operations: sorted(this.#operations),
      failures,
      tornAccepted: this.#tornAccepted,
      updates: this.#ledgers.updates,
      lostUpdates: this.#ledgers.lost,
      faults: [...this.#faults]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([kind, count]) => ({ kind, count })),
      recoveries: this.#recoveries.summary(),
      heap: this.#heap,
      processes,
      violations: this.#violations,
      passed: this.#violations.length === 0,
    }
  }

  #addAll(
    totals: Map<string, RoleTally>,
    role: RoleName,
    tallies: ActorReport['operations'],
  ): void {
    for (const { protocol, what, count } of tallies) {
      const key = `${role}/${protocol}/${what}`
      const total = count + (totals.get(key)?.count ?? 0)
      totals.set(key, { role, protocol, what, count: total })
    }
  }

  #processes(): readonly RoleHealth[] {
    return roleNames.flatMap((role) => {
      const lives = [...this.#lives]
        .filter(([actor]) => actor.role === role)
        .map(([, life]) => life)
      const [life] = lives.sort((a, b) => b.lastMs - b.startMs - (a.lastMs - a.startMs))
      if (life === undefined) return []
      return [
        {
          role,
          livedSeconds: Math.round(life.lastMs - life.startMs) / 1000,
          rssBytesStart: life.start.rssBytes,
          rssBytesEnd: life.last.rssBytes,
          handlesStart: life.start.handles,
          handlesEnd: life.last.handles,
        },
      ]
    })
  }

  #judgeHealth({ role, ...health }: RoleHealth): void {
    const handles = health.handlesEnd - health.handlesStart
    if (handles > HANDLES_GROWTH_MAX) this.violated(`${role}: ${handles} handles more at its end`)
    const rss = health.rssBytesEnd - health.rssBytesStart
    if (rss > RSS_GROWTH_BYTES_MAX) this.violated(`${role}: ${rss} bytes of memory more at its end`)
  }
}

function sorted(totals: ReadonlyMap<string, RoleTally>): readonly RoleTally[] {
  return [...totals].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, tally]) => tally)
}
