// The faults of a protocol's world, as one program: each act is one fault, chosen by the oracle, as
// long as there is budget. A lost response is no fault of this file: it is part of the sampling model.
import { ChoiceLabel } from '../oracle.ts'
import type { Program } from '../program.ts'
import type { SimulatedQueuePair } from '../queue-pair.ts'
import type { SimulatedMemory } from '../simulated-memory.ts'
import type { StateHash } from '../state-hash.ts'
import type { StoreBuffer } from '../store-buffer.ts'
import type { World } from '../world.ts'
import type { OwnerTrace } from './owner-trace.ts'
import { ReadEnd, type ReaderProgram } from './reader-program.ts'

/** How often each fault may happen in a run. */
export interface FaultPlan {
  /** The owner dies: stores that wait never become visible. */
  readonly crashes: number
  /**
   * A dead owner comes back: its old region is deregistered, a new incarnation published; or, in
   * place, the same memory formatted anew beneath those who still read it.
   */
  readonly restarts: number
  /** A reader's queue pair moves to the error state; the next read has a new one. */
  readonly queuePairErrors: number
  /** The region is deregistered while READs may be under way. */
  readonly deregistrations: number
  /** A reader gives up with operations in flight; they go on, and complete late. */
  readonly timeOuts: number
}

export const noFaults: FaultPlan = {
  crashes: 0,
  restarts: 0,
  queuePairErrors: 0,
  deregistrations: 0,
  timeOuts: 0,
}

/** What faults happen to. */
export interface FaultTargets {
  readonly world: World
  readonly readers: readonly ReaderProgram[]
  readonly queuePairs: readonly SimulatedQueuePair[]
  readonly incarnations: readonly {
    readonly memory: SimulatedMemory
    readonly buffer: StoreBuffer
    readonly trace: OwnerTrace
  }[]
  /** The next incarnation has the same memory. */
  readonly inPlace: boolean
  /** The first owner may die even when all that it stored is visible: somebody waits for the next one. */
  readonly mayDieIdle: boolean
}

type FaultName = keyof FaultPlan

export class FaultProgram implements Program {
  readonly name: string = 'faults'
  happened = 0
  readonly #plan: FaultPlan
  readonly #targets: FaultTargets
  readonly #left: Record<FaultName, number>
  /** The present incarnation. */
  #incarnation = 0

  constructor(plan: FaultPlan, targets: FaultTargets) {
    this.#plan = plan
    this.#targets = targets
    this.#left = { ...plan }
  }

  reset(): void {
    Object.assign(this.#left, this.#plan)
    this.happened = 0
    this.#incarnation = 0
  }

  /** The present incarnation. */
  get incarnation(): number {
    return this.#incarnation
  }

  /** Only while somebody reads: a fault that nobody can notice is none. */
  ready(): boolean {
    return this.#count() > 0
  }

  act(): void {
    const count = this.#count()
    let choice = count === 1 ? 0 : this.#targets.world.oracle.choose(count, ChoiceLabel.Fault)
    this.happened += 1
    for (const fault of faultNames) {
      const ways = this.#ways(fault)
      if (choice < ways) {
        this.#left[fault] -= 1
        this.#happen(fault, choice)
        return
      }
      choice -= ways
    }
  }

  /** A reader whose connection broke connects again, to the present incarnation if there is one. */
  readEnded(reader: ReaderProgram, end: number): void {
    if (end !== ReadEnd.Transport) return
    const index = this.#targets.readers.indexOf(reader)
    const present = this.#targets.incarnations[this.#incarnation]
    if (present === undefined || !present.memory.valid) {
      reader.stop()
      return
    }
    ;(this.#targets.queuePairs[index] as SimulatedQueuePair).reset()
    reader.rebind({ memory: present.memory, incarnation: this.#incarnation })
  }

  /**
   * No more faults: a dead owner comes back if it still may. Returns the present incarnation, -1 if
   * there is none.
   */
  heal(): number {
    const { incarnations } = this.#targets
    let present = incarnations[this.#incarnation]
    const dead = present === undefined || present.buffer.crashed || !present.memory.valid
    if (dead && this.#left.restarts > 0 && this.#incarnation + 1 < incarnations.length) {
      this.#left.restarts -= 1
      this.#restart()
      present = incarnations[this.#incarnation]
    }
    for (const fault of faultNames) this.#left[fault] = 0
    return present?.memory.valid === true ? this.#incarnation : -1
  }

  mix(hash: StateHash): void {
    hash.mix(this.#incarnation)
    for (const fault of faultNames) hash.mix(this.#left[fault])
  }

  #count(): number {
    let count = 0
    for (const fault of faultNames) count += this.#ways(fault)
    return count
  }

  /** In how many ways a fault can happen now. */
  #ways(fault: FaultName): number {
    if (this.#left[fault] === 0) return 0
    const { readers, incarnations, queuePairs } = this.#targets
    if (readers.every((reader) => reader.over)) return 0
    const present = incarnations[this.#incarnation]
    if (present === undefined) return 0
    switch (fault) {
      case 'crashes':
        return present.buffer.crashed || (present.buffer.empty && !this.#mayDieIdle) ? 0 : 1
      case 'restarts':
        return present.buffer.crashed && this.#incarnation + 1 < incarnations.length ? 1 : 0
      case 'deregistrations':
        return present.memory.valid ? 1 : 0
      case 'queuePairErrors':
        return queuePairs.filter((queuePair) => queuePair.inFlight > 0).length
      case 'timeOuts':
        return readers.filter((reader) => reader.mayTimeOut).length
    }
  }

  get #mayDieIdle(): boolean {
    return this.#targets.mayDieIdle && this.#incarnation === 0
  }

  #happen(fault: FaultName, choice: number): void {
    const { readers, incarnations, queuePairs, world } = this.#targets
    const present = incarnations[this.#incarnation] as FaultTargets['incarnations'][number]
    world.recorder?.say('fault', this.name, fault)
    switch (fault) {
      case 'crashes':
        present.buffer.crash()
        return
      case 'restarts':
        this.#restart()
        return
      case 'deregistrations':
        present.memory.valid = false
        return
      case 'queuePairErrors':
        queuePairs.filter((queuePair) => queuePair.inFlight > 0)[choice]?.fail()
        return
      case 'timeOuts':
        readers.filter((reader) => reader.mayTimeOut)[choice]?.timeOut()
        return
    }
  }

  /** The next incarnation; a region of its own is announced when it is formatted. */
  #restart(): void {
    const { incarnations, inPlace } = this.#targets
    const dead = incarnations[this.#incarnation] as FaultTargets['incarnations'][number]
    if (!inPlace) dead.memory.valid = false
    this.#incarnation += 1
    const { buffer, trace } = incarnations[
      this.#incarnation
    ] as FaultTargets['incarnations'][number]
    buffer.frozen = false
    if (!inPlace) buffer.drainTo(trace.formatEnd)
  }
}

const faultNames: readonly FaultName[] = [
  'crashes',
  'restarts',
  'queuePairErrors',
  'deregistrations',
  'timeOuts',
]
