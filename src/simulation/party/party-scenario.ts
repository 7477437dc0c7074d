// A world of several active parties, a history of what their users called, and its judge. Invariant:
// everything a run does follows from the oracle's answers; everything that its future depends on, its
// judge's memory included, is mixed, so that it may be explored exhaustively.
//
// Judged here: machines keep their contract and their rights, every script ends (stuck), and what users
// were told is linearizable where the world has a specification. Scripts judge the rest themselves.
import { fingerprintOf } from '../choice-tape.ts'
import {
  type History,
  HistoryRecorder,
  LinearizabilityMonitor,
  type SequentialSpecification,
  formatHistory,
} from '../history/index.ts'
import { ChoiceLabel, type Oracle } from '../oracle.ts'
import { type SamplingChoice, type SamplingModel, samplingModel } from '../sampling-model.ts'
import {
  type Coverage,
  type RunEnd,
  type Scenario,
  type Violation,
  newCoverage,
} from '../scenario.ts'
import type { SimulatedMemory } from '../simulated-memory.ts'
import { StateHash } from '../state-hash.ts'
import type { StoreBuffer } from '../store-buffer.ts'
import { TraceRecorder } from '../trace-recorder.ts'
import type { Trace } from '../trace.ts'
import { World, benignOracle } from '../world.ts'
import type { Rights, Span } from './connection.ts'
import { LazyClock } from './lazy-clock.ts'
import { type Mishap, Party, type PartyHost } from './party.ts'
import { requireWorld } from './require-world.ts'
import type { Script } from './script.ts'

const STEPS_MAX = 100_000
const LANDING_BYTES = 512
/** Hosts' clocks begin so far apart that no lease bridges it. */
const CLOCK_GAP = 1000

/** One party; `Shared` is what all scripts of a run share, and what peers could not see is not in it. */
export interface PartyPlan<Shared> {
  readonly name: string
  /** Its script, made anew for every run. */
  script(party: Party, shared: Shared): Script
  /** Default 1. */
  readonly queuePairs?: number
  /** For all of its machines together. Default 512. */
  readonly landingBytes?: number
  /** It is on the region's host, and stores and looks through this CPU's port. */
  readonly cpu?: boolean
  /** What it may change through its queue pairs. Default: anything. */
  readonly rights?: Rights
  /** It may die, as often as the faults of the scenario allow. */
  readonly mortal?: boolean
  /** It begins when all others have come to an end: what is still possible then? */
  readonly afterwards?: boolean
}

export interface PartyWorld<Shared> {
  readonly name: string
  readonly regionBytes: number
  readonly parties: readonly PartyPlan<Shared>[]
  /** What peers change: each look of a CPU at it is a step of its own. */
  readonly peersWrite?: readonly Span[]
  /** Formats the region, whose beginning peers see whole, and makes what scripts share. */
  prepare(run: PartyRun): Shared
  /** What users' calls should be, one after the other. */
  readonly specification?: SequentialSpecification<unknown, unknown, unknown>
  /** Judges the end of a run in which everybody came to an end. */
  judge?(shared: Shared, run: PartyRun): Violation | null
}

/** What scripts and judges can get at. */
export interface PartyRun {
  readonly region: SimulatedMemory
  readonly parties: readonly Party[]
  party(name: string): Party
}

/** How often faults may happen in a run. */
export interface PartyFaults {
  /** Mortal parties that die; what they posted may still land. */
  readonly crashes: number
  /** Parties whose operations in flight fail, of which nobody knows whether they will land. */
  readonly cuts: number
}

/** A party dies, or stops without being known to be dead, right after so many deeds. */
export interface MishapAt {
  readonly mishap: 'crash' | 'freeze'
  readonly party: string
  /** See `Party.deeds`. */
  readonly deeds: number
}

export interface PartyScenarioOptions {
  readonly model: SamplingChoice
  readonly faults?: Partial<PartyFaults>
  /** What befalls one party at one point of its script, beside what `faults` allow. */
  readonly mishapAt?: MishapAt
  /** How far time may advance by itself. Default 0. */
  readonly ticksMax?: number
  /** False: also schedules that differ only in when unchanging memory is sampled, or WRITEs fetched. */
  readonly reduces?: boolean
  readonly stepsMax?: number
  /** Told what users called in every run that was not cut. */
  readonly observe?: (run: {
    readonly history: History<unknown, unknown>
    readonly violation: Violation | null
    readonly party: (name: string) => Party
  }) => void
}

interface Call {
  readonly party: Party
  /** In the monitor. */
  readonly place: number
  /** In the history. */
  readonly index: number
}

export class PartyScenario<Shared> implements Scenario, PartyHost, PartyRun {
  readonly name: string
  readonly fingerprint: string
  readonly model: SamplingModel
  readonly coverage: Coverage = newCoverage()
  readonly world: World
  readonly clock: LazyClock
  readonly region: SimulatedMemory
  readonly parties: readonly Party[]
  deeds = 0
  /** As the option; whoever runs the scenario may change it from run to run. */
  mishapAt: MishapAt | null
  readonly #plan: PartyWorld<Shared>
  readonly #options: PartyScenarioOptions
  readonly #monitor: LinearizabilityMonitor<unknown, unknown, unknown> | null
  readonly #history = new HistoryRecorder<unknown, unknown>()
  readonly #told: StateHash = new StateHash()
  readonly #cpus: readonly StoreBuffer[]
  readonly #calls: Call[] = []
  #violation: Violation | null = null
  #shared: Shared | null = null
  #faults = 0
  #crashesLeft = 0
  #cutsLeft = 0

  constructor(plan: PartyWorld<Shared>, options: PartyScenarioOptions) {
    requireWorld(plan, options)
    this.name = plan.name
    const { observe: _, ...rest } = options
    this.fingerprint = fingerprintOf(JSON.stringify([plan.name, plan.regionBytes, rest]))
    this.model = samplingModel(options.model)
    this.#plan = plan
    this.#options = options
    this.mishapAt = options.mishapAt ?? null
    const reduces = options.reduces !== false
    this.world = new World(this.model, { reduces, fetchesAtPost: reduces })
    this.clock = new LazyClock(this.world, options.ticksMax ?? 0)
    this.region = this.world.addMemory('region', plan.regionBytes)
    const { specification } = plan
    this.#monitor = specification === undefined ? null : new LinearizabilityMonitor(specification)
    const cpus: StoreBuffer[] = []
    this.parties = plan.parties.map((each, index) => {
      const cpu = each.cpu === true ? this.world.addCpu(`${each.name}.cpu`) : null
      if (cpu !== null) cpus.push(cpu)
      return this.#addParty(each, cpu, index)
    })
    this.#cpus = cpus
    for (const party of this.parties) this.world.addProgram(party)
    this.world.seal()
  }

  party(name: string): Party {
    const found = this.parties.find((each) => each.name === name)
    if (found === undefined) throw new Error(`there is no party ${name}`)
    return found
  }

  mix(hash: StateHash): void {
    this.world.mix(hash)
    this.clock.mix(hash)
    this.#monitor?.mix(hash)
    hash.mix(this.#crashesLeft + 0x100 * this.#cutsLeft)
    // Which call is whose follows from what the parties did. What was told to an observer must not be
    // forgotten: states that led to different histories are different then.
    hash.mix(this.#told.low)
    hash.mix(this.#told.high)
  }

  run(oracle: Oracle): RunEnd {
    const { world } = this
    this.#begin()
    world.oracle = oracle
    this.#goOn()
    const shared = this.#shared
    if (this.#violation === null && !world.cut && shared !== null) {
      const violation = this.#plan.judge?.(shared, this) ?? null
      if (violation !== null) this.violate(violation.kind, violation.message)
    }
    this.coverage.faults += this.#faults
    const violation = this.#violation
    if (!world.cut) {
      const history = this.#history.operations
      this.#options.observe?.({ history, violation, party: (name) => this.party(name) })
    }
    return { violation, steps: world.steps, cut: world.cut }
  }

  trace(oracle: Oracle): { readonly end: RunEnd; readonly trace: Trace } {
    const recorder = new TraceRecorder()
    this.world.recorder = recorder
    for (const { name } of this.parties) recorder.actor(name)
    try {
      const end = this.run(oracle)
      return { end, trace: recorder.finish() }
    } finally {
      this.world.recorder = null
    }
  }

  /** What users called in the run that ended last, and what they got, as text. */
  historyText(): string {
    return formatHistory(this.#history.operations)
  }

  invoke(party: Party, operation: unknown): number {
    const place = this.#monitor?.invoke(operation) ?? 0
    const index = this.#history.invoke(party.name, operation)
    this.#calls.push({ place, index, party })
    this.world.recorder?.say('act', party.name, `calls ${JSON.stringify(operation)}`)
    return this.#calls.length - 1
  }

  respond(call: number, result: unknown): void {
    const { place, index, party } = this.#calls[call] as Call
    this.coverage.results += 1
    this.#history.respond(index, result)
    if (this.#options.observe !== undefined) this.#tell(party, result)
    this.world.recorder?.say('act', party.name, `gets ${JSON.stringify(result)}`)
    if (this.#monitor === null || this.#monitor.violated) return
    if (this.#monitor.respond(place, result)) return
    const called = JSON.stringify(this.#history.operations[index]?.operation)
    const got = `${party.name} called ${called} and got ${JSON.stringify(result)}`
    this.violate('not-linearizable', `no order explains that ${got}`)
  }

  abandon(call: number): void {
    const { place, party } = this.#calls[call] as Call
    this.#monitor?.abandon(place)
    this.world.recorder?.say('act', party.name, 'is not told what came of it')
  }

  retried(): void {
    this.coverage.retries += 1
  }

  overlapped(): void {
    this.coverage.overlaps += 1
  }

  violate(kind: string, message: string): void {
    this.#violation ??= { kind, message }
    this.world.recorder?.say('act', 'judge', `${kind}: ${message}`)
  }

  mishap(party: Party): Mishap {
    this.deeds += 1
    const { mishapAt } = this
    if (mishapAt?.party === party.name && mishapAt.deeds === party.deeds) {
      this.#faults += 1
      return mishapAt.mishap
    }
    const plan = this.#planOf(party)
    const mayDie = this.#crashesLeft > 0 && plan.mortal === true
    const inFlight = party.connections.some(({ queuePair }) => queuePair.inFlight > 0)
    const ways = 1 + (mayDie ? 1 : 0) + (this.#cutsLeft > 0 && inFlight ? 1 : 0)
    if (ways === 1) return 'none'
    const choice = this.world.oracle.choose(ways, ChoiceLabel.Fault)
    if (choice === 0) return 'none'
    this.#faults += 1
    if (choice === 1 && mayDie) {
      this.#crashesLeft -= 1
      return 'crash'
    }
    this.#cutsLeft -= 1
    return 'cut'
  }

  #addParty(plan: PartyPlan<Shared>, cpu: StoreBuffer | null, index: number): Party {
    const parts = {
      name: plan.name,
      region: this.region,
      queuePairs: plan.queuePairs ?? 1,
      landingBytes: plan.landingBytes ?? LANDING_BYTES,
      rights: plan.rights ?? null,
      cpu,
      shared: this.#plan.peersWrite ?? [],
      nic: 0,
      clockOffset: (index + 1) * CLOCK_GAP,
    }
    return new Party(parts, this)
  }

  #tell(party: Party, result: unknown): void {
    const text = `${party.name} ${JSON.stringify(result)}`
    for (let at = 0; at < text.length; at += 1) this.#told.mix(text.charCodeAt(at))
  }

  #begin(): void {
    this.#violation = null
    this.#faults = 0
    this.deeds = 0
    this.#crashesLeft = this.#options.faults?.crashes ?? 0
    this.#cutsLeft = this.#options.faults?.cuts ?? 0
    this.#calls.length = 0
    this.#told.reset()
    this.#monitor?.reset()
    this.#history.reset()
    this.clock.reset()
    this.world.reset()
    this.world.oracle = benignOracle
    for (const party of this.parties) party.reset()
    const shared = this.#plan.prepare(this)
    this.#shared = shared
    for (const cpu of this.#cpus) cpu.drainTo(cpu.count)
    this.#plan.parties.forEach((plan, index) => {
      const party = this.parties[index] as Party
      const script = plan.script(party, shared)
      party.follow(plan.afterwards === true ? this.#afterwards(script) : script)
    })
  }

  *#afterwards(script: Script): Script {
    const plans = this.#plan.parties
    yield () => this.parties.every((each, at) => plans[at]?.afterwards === true || each.over)
    yield* script
  }

  /** Steps until all scripts have ended, or something is violated, or the oracle has enough. */
  #goOn(): void {
    const { world } = this
    const stepsMax = this.#options.stepsMax ?? STEPS_MAX
    while (world.steps < stepsMax && this.#violation === null && !this.#over()) {
      if (!world.step()) break
    }
    if (world.meddled) {
      this.violate('stuck', 'a machine changed what its WRITE may yet have fetched')
    }
    if (this.#violation !== null || world.cut || this.#over()) return
    const waiting = this.parties.filter((party) => !party.over).map(({ name }) => name)
    this.violate('stuck', `${waiting.join(', ')} did not end within ${world.steps} steps`)
  }

  #over(): boolean {
    return this.parties.every((party) => party.over)
  }

  #planOf(party: Party): PartyPlan<Shared> {
    return this.#plan.parties[this.parties.indexOf(party)] as PartyPlan<Shared>
  }
}
