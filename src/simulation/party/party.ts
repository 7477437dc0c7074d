// A party: a program that follows a script. It carries out operations of users with machines, each over
// a queue pair of its own, stores and looks through the port of its CPU if it has one, reads a clock,
// and tells the history what it called and what it got. Invariant: its future depends only on how often
// it acted and what it observed, which is what it mixes.
//
// Faults are decided where they can first make a difference, right after a party has posted or acted:
// a party that dies later, or whose queue pair breaks later, is one whose operations happened to be
// executed before. Whoever waits for its death sees it afterwards in any case.
import { argumentTypeError, shown } from '../../errors.ts'
import type {
  ReaderMachine,
  ReadRequest,
  RemoteMachine,
  RemoteSink,
} from '../../protocols/machine.ts'
import type { Program } from '../program.ts'
import type { SimulatedMemory } from '../simulated-memory.ts'
import { StateHash } from '../state-hash.ts'
import type { StoreBuffer } from '../store-buffer.ts'
import type { World } from '../world.ts'
import { type AnyMachine, Connection, type OperationEnd, type Rights } from './connection.ts'
import type { LazyClock } from './lazy-clock.ts'
import { LiveMemory } from './live-memory.ts'
import type { Script, Wait } from './script.ts'

const LINE_BYTES = 64

/** What a party needs to know of its scenario. */
export interface PartyHost {
  readonly world: World
  readonly clock: LazyClock
  invoke(party: Party, operation: unknown): number
  respond(call: number, result: unknown): void
  abandon(call: number): void
  retried(): void
  /** Of all parties. */
  readonly deeds: number
  overlapped(): void
  violate(kind: string, message: string): void
  /** Decides whether a party that has just acted or posted dies or is cut off. */
  mishap(party: Party): Mishap
}

/** What may befall a party: it dies, stops without being dead, or its operations in flight fail. */
export type Mishap = 'none' | 'crash' | 'freeze' | 'cut'

export interface PartyParts {
  readonly name: string
  readonly region: SimulatedMemory
  readonly queuePairs: number
  readonly landingBytes: number
  readonly rights: Rights | null
  readonly cpu: StoreBuffer | null
  /** What peers change, so that each look at it is a step of its own. */
  readonly shared: Rights['write']
  /** Number of the NIC of the region's host. */
  readonly nic: number
  /** Where its clock began: no two hosts' clocks agree. */
  readonly clockOffset: number
}

export class Party implements Program {
  readonly name: string
  readonly connections: readonly Connection[]
  /** The port of its CPU. */
  readonly port: LiveMemory | null
  crashed = false
  /** It does nothing any more, and nobody knows. */
  frozen = false
  /** Acts, and chains posted, so far: where it can die. */
  deeds = 0
  readonly #host: PartyHost
  readonly #landing: SimulatedMemory
  readonly #clockOffset: number
  readonly #observed: StateHash = new StateHash()
  readonly #landings = new Map<AnyMachine, number>()
  #landed = 0
  #script: Script | null = null
  #wait: Wait = null
  #over = false
  #acting = false

  constructor(parts: PartyParts, host: PartyHost) {
    this.name = parts.name
    this.#host = host
    this.#clockOffset = parts.clockOffset
    const { world } = host
    this.#landing = world.addMemory(`landing of ${parts.name}`, parts.landingBytes)
    this.connections = Array.from({ length: parts.queuePairs }, (_, index) => {
      const name = index === 0 ? `${parts.name}.qp` : `${parts.name}.qp${index + 1}`
      const queuePair = world.addQueuePair(name, { nic: parts.nic, depth: 32 })
      return new Connection(queuePair, this.#landing, parts.region, parts.rights, {
        mayPost: () => {
          this.port?.post()
          return this.port?.passes !== false
        },
        isHalted: () => this.frozen || this.crashed,
        landingOf: (machine) => this.#landingOf(machine),
        observe: (value) => this.observe(value),
        posted: () => {
          if (!this.#acting) this.#done()
        },
        retried: () => host.retried(),
        othersDeeds: () => host.deeds - this.deeds,
        overlapped: () => host.overlapped(),
        stuck: (message) => host.violate('stuck', `${this.name} ${message}`),
      })
    })
    this.port =
      parts.cpu === null
        ? null
        : new LiveMemory(parts.cpu, parts.region, parts.shared, {
            name: this.name,
            world,
            observe: (value) => this.observe(value),
          })
  }

  /** Nothing more is to be expected of it: its script has ended, or it never will. */
  get over(): boolean {
    return this.#over || this.crashed || this.frozen
  }

  /** The script has ended. */
  get ended(): boolean {
    return this.#over
  }

  /** Back to the beginning of a run. */
  reset(): void {
    this.crashed = false
    this.frozen = false
    this.#acting = false
    this.deeds = 0
    this.#observed.reset()
    this.#landings.clear()
    this.#landed = 0
    this.#script = null
    this.#wait = null
    this.#over = false
    for (const connection of this.connections) connection.reset()
    this.port?.reset()
  }

  follow(script: Script): void {
    this.#script = script
  }

  ready(): boolean {
    if (this.over) return false
    if (this.port !== null) {
      if (!this.port.passes) return false
      if (this.connections.some((connection) => connection.defers)) return true
    }
    return this.#wait?.() ?? true
  }

  act(): void {
    this.port?.act()
    this.#acting = true
    const deferring = this.connections.filter((connection) => connection.defers)
    if (deferring.length > 0) for (const connection of deferring) connection.handOver()
    else this.#goOn()
    this.#acting = false
    this.#done()
  }

  mix(hash: StateHash): void {
    hash.mix(this.#observed.low)
    hash.mix(this.#observed.high)
    const ends = (this.crashed ? 1 : 0) + (this.#over ? 2 : 0) + (this.frozen ? 4 : 0)
    hash.mix(8 * this.deeds + ends)
  }

  /** Makes something that the script has learnt part of the state. */
  observe(value: number): void {
    this.#observed.mix(value)
  }

  /** Runs a remote machine to the end of its operation: one attempt after the other, up to a bound. */
  *operate(
    machine: RemoteMachine,
    options: { readonly attemptsMax?: number; readonly queuePair?: number } = {},
  ): Script<OperationEnd> {
    return yield* this.#run(machine, options)
  }

  /** The same for a reader machine and a request. */
  *read(
    machine: ReaderMachine,
    request: ReadRequest,
    options: { readonly attemptsMax?: number; readonly queuePair?: number } = {},
  ): Script<OperationEnd> {
    this.#landingOf(machine)
    machine.start(request)
    return yield* this.#run(machine, options)
  }

  /** Gives a machine its landing memory, if it has none. Machines that are run get it by themselves. */
  bind(machine: AnyMachine): void {
    this.#landingOf(machine)
  }

  /** Posts WRITEs of a machine to another queue pair than that which it runs on. */
  sideSink(machine: AnyMachine, queuePair: number): RemoteSink {
    return (this.connections[queuePair] as Connection).sideSink(machine)
  }

  /** Anything may happen before the script goes on. */
  *step(): Script {
    yield null
  }

  /** Waits for a condition about other parties, which stays true. */
  *until(condition: () => boolean): Script {
    yield condition
  }

  /** A full fence: what was stored before is visible before anything that follows. */
  *fence(): Script {
    this.port?.barrier('beforeScan')
    yield null
  }

  /** Its host's time, in ticks; that of other hosts began elsewhere. */
  now(): number {
    const time = this.#host.clock.read() + this.#clockOffset
    this.observe(time)
    return time
  }

  /** Whether two readings of a clock may differ in this world. */
  get timePasses(): boolean {
    return this.#host.clock.passes
  }

  /** Sleeps until its host's clock shows that time. */
  *sleepUntil(time: number): Script {
    yield null
    this.#host.clock.passTo(time - this.#clockOffset)
  }

  /** Tells the history that a user called an operation; the number that is answered names the call. */
  invoke(operation: object): number {
    return this.#host.invoke(this, operation)
  }

  /** Tells the history what the call returned. */
  respond(call: number, result: unknown): void {
    this.#host.respond(call, result)
  }

  /** Tells the history that the user was told nothing: it happened, will happen, or never does. */
  abandon(call: number): void {
    this.#host.abandon(call)
  }

  /** What happened is wrong. */
  violate(kind: string, message: string): void {
    this.#host.violate(kind, `${this.name} ${message}`)
  }

  /** For reports. */
  say(note: string): void {
    this.#host.world.recorder?.say('act', this.name, note)
  }

  /** Destroys a peer's queue pairs at this end: nothing that it posted lands any more. */
  destroy(peer: Party): void {
    this.say(`destroys the queue pairs of ${peer.name}`)
    for (const { queuePair } of peer.connections) if (!queuePair.failed) queuePair.fail()
  }

  /** Destroys one of its own queue pairs: nothing that it posted there is executed any more. */
  close(queuePair: number): void {
    const { queuePair: closed } = this.connections[queuePair] as Connection
    if (!closed.failed) closed.fail()
  }

  /** Its program stops. What it stored and posted takes its course. */
  crash(): void {
    this.crashed = true
    this.#host.world.recorder?.say('fault', this.name, 'dies')
    for (const connection of this.connections) connection.abandon()
  }

  #goOn(): void {
    const { done, value } = (this.#script as Script).next()
    if (done === true) this.#over = true
    else if (value === undefined || value === null || typeof value === 'function')
      this.#wait = value
    else throw argumentTypeError(`${this.name} yields ${shown(value)}: not null, nor a condition`)
  }

  *#run(
    machine: AnyMachine,
    options: { readonly attemptsMax?: number; readonly queuePair?: number },
  ): Script<OperationEnd> {
    const connection = this.connections[options.queuePair ?? 0] as Connection
    connection.start(machine, options.attemptsMax ?? 2)
    yield connection.idle
    return connection.end as OperationEnd
  }

  #landingOf(machine: AnyMachine): number {
    const known = this.#landings.get(machine)
    if (known !== undefined) return known
    const base = this.#landed
    const end = base + Math.ceil(machine.landingBytes / LINE_BYTES) * LINE_BYTES
    if (end > this.#landing.bytes.length) {
      throw new Error(`${this.name} needs ${end} bytes of landing memory`)
    }
    this.#landed = end
    this.#landings.set(machine, base)
    machine.bind(this.#landing.bytes.subarray(base, base + machine.landingBytes))
    return base
  }

  /** It acted or posted: here it can die, or be cut off. */
  #done(): void {
    this.deeds += 1
    const mishap = this.#host.mishap(this)
    if (mishap === 'crash') this.crash()
    else if (mishap === 'freeze') this.frozen = true
    else if (mishap === 'cut') {
      for (const { queuePair } of this.connections) if (queuePair.inFlight > 0) queuePair.sever()
    }
  }
}
