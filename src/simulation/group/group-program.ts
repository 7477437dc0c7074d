// A reader of several regions as an actor: a machine and a queue pair for each of them, and the rounds
// of a SnapshotGroup, which say who asks what and when it is over. Like `readTogether`, it posts what may
// be posted at once, and each region's read goes on by itself.
import type { SnapshotGroup } from '../../protocols/group/snapshot-group.ts'
import { Verdict } from '../../protocols/machine.ts'
import type { Program } from '../program.ts'
import type { StateHash } from '../state-hash.ts'
import type { World } from '../world.ts'
import { GroupLane, type GroupRegion } from './group-lane.ts'

export interface GroupProgramOptions {
  readonly createGroup: (count: number) => SnapshotGroup
  /** Attempts of one region's read or check, at most. */
  readonly attemptsMax: number
  /** Rounds, at most. */
  readonly roundsMax: number
  readonly onBegin: () => void
  readonly onRetry: () => void
  /** The group has accepted; look at `lanes`. */
  readonly onResult: () => void
}

export class GroupProgram implements Program {
  readonly name: string = 'group'
  readonly lanes: readonly GroupLane[]
  /** It has ended, with a result or without. */
  over = false
  readonly #options: GroupProgramOptions
  #group: SnapshotGroup
  #begun = false
  #looks = 0

  constructor(world: World, regions: readonly GroupRegion[], options: GroupProgramOptions) {
    this.#options = options
    this.#group = options.createGroup(regions.length)
    this.lanes = regions.map((region, index) => new GroupLane(world, region, index))
    for (const lane of this.lanes) {
      lane.onEnd = (verdict) => this.#ended(lane, verdict)
      lane.onRetry = () => this.#retried(lane)
    }
  }

  reset(): void {
    this.over = false
    this.#begun = false
    this.#looks = 0
    this.#group = this.#options.createGroup(this.lanes.length)
    for (const lane of this.lanes) lane.reset()
  }

  ready(): boolean {
    return !this.#begun
  }

  act(): void {
    this.#begun = true
    this.#options.onBegin()
    this.#askAll()
  }

  mix(hash: StateHash): void {
    hash.mix((this.#begun ? 1 : 0) + (this.over ? 2 : 0) + 4 * this.#looks)
    for (const lane of this.lanes) lane.mix(hash)
  }

  #askAll(): void {
    for (const [index, lane] of this.lanes.entries()) {
      if (this.over || lane.reading) continue
      const known = this.#group.ask(index)
      if (known < 0) continue
      if (this.#looks === this.#options.roundsMax * this.lanes.length) {
        this.over = true
        return
      }
      this.#looks += 1
      lane.look(known)
    }
  }

  #retried(lane: GroupLane): boolean {
    this.#options.onRetry()
    if (lane.attempts < this.#options.attemptsMax) return true
    this.over = true
    return false
  }

  #ended(lane: GroupLane, verdict: number): void {
    if (verdict !== Verdict.Done && verdict !== Verdict.Unchanged) {
      this.over = true
      return
    }
    const group = this.#group
    group.found(lane.index, lane.version, verdict === Verdict.Done)
    if (group.accepted) {
      this.over = true
      this.#options.onResult()
    } else this.#askAll()
  }
}
