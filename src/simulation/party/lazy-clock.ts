// The time of a world of leases. A clock that may advance at any moment is told apart from one that
// stands still only by whoever reads it; so it advances when it is read, by as much as the schedule
// says: the same readings as with a clock of its own, in fewer schedules. Invariant: time never runs
// back, at one rate for all; where it begins differs from host to host, so that nobody can compare.
import type { StateHash } from '../state-hash.ts'
import type { World } from '../world.ts'

export class LazyClock {
  readonly #world: World
  readonly #ticksMax: number
  #ticks = 0

  /** @param ticksMax how far time advances by itself in one run */
  constructor(world: World, ticksMax: number) {
    this.#world = world
    this.#ticksMax = ticksMax
  }

  /** Time may still pass by itself, in this run or another. */
  get passes(): boolean {
    return this.#ticksMax > 0
  }

  reset(): void {
    this.#ticks = 0
  }

  /** The time now, in ticks since the beginning of the run. */
  read(): number {
    const left = this.#ticksMax - this.#ticks
    if (left > 0) this.#ticks += this.#world.choose(left + 1)
    return this.#ticks
  }

  /** Lets time pass until then, at least. */
  passTo(ticks: number): void {
    this.#ticks = Math.max(this.#ticks, ticks)
  }

  mix(hash: StateHash): void {
    hash.mix(this.#ticks)
  }
}
