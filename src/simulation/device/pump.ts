// Moves a simulated world on behalf of those who wait for it: a call that spins takes steps until its
// chain has ended, and while queue pairs are armed the event loop takes them. Invariants: nobody
// steps the world from within a step; while nobody waits, the world stands still.
import type { World } from '../world.ts'

/** Steps before the event loop gets its turn. */
const STEPS_PER_TURN = 256
/** Where nobody can go on, something outside the world has to change first: look again after it. */
const IDLE_MS = 1

/** An armed queue pair. */
export interface Waiter {
  /** Whether there is something to tell. */
  readonly hasNews: boolean
  /** Called on the event loop, outside of steps; arms again if it still waits. */
  wake(): void
}

export class Pump {
  readonly #world: World
  readonly #armed = new Set<Waiter>()
  /** Those that keep the event loop alive. */
  readonly #references = new Set<Waiter>()
  #stepping = false
  #immediate: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(world: World) {
    this.#world = world
  }

  /** One step. False when nobody can go on, and within a step. */
  step(): boolean {
    if (this.#stepping) return false
    this.#stepping = true
    try {
      return this.#world.step()
    } finally {
      this.#stepping = false
    }
  }

  /** Wakes `waiter` once, when it has news. */
  arm(waiter: Waiter): void {
    this.#armed.add(waiter)
    this.#schedule(true)
  }

  reference(waiter: Waiter, on: boolean): void {
    if (on) this.#references.add(waiter)
    else this.#references.delete(waiter)
    this.#refer()
  }

  /** Forgets a waiter: it is never woken again. */
  forget(waiter: Waiter): void {
    this.#armed.delete(waiter)
    this.reference(waiter, false)
    if (this.#armed.size === 0) this.#unschedule()
  }

  #turn(): void {
    this.#unschedule()
    let moving = true
    try {
      for (let steps = 0; steps < STEPS_PER_TURN && !this.#anyNews(); steps += 1) {
        moving = this.step()
        if (!moving) break
      }
      for (const waiter of [...this.#armed]) {
        if (waiter.hasNews && this.#armed.delete(waiter)) waiter.wake()
      }
    } finally {
      // Also when a program threw: the others still wait.
      if (this.#armed.size > 0) this.#schedule(moving)
    }
  }

  #anyNews(): boolean {
    for (const waiter of this.#armed) if (waiter.hasNews) return true
    return false
  }

  /** @param soon in this turn of the event loop, rather than after a pause */
  #schedule(soon: boolean): void {
    if (this.#immediate !== undefined) return
    if (soon) {
      clearTimeout(this.#timer)
      this.#timer = undefined
      this.#immediate = setImmediate(() => this.#turn())
    } else {
      this.#timer ??= setTimeout(() => this.#turn(), IDLE_MS)
    }
    this.#refer()
  }

  #unschedule(): void {
    clearImmediate(this.#immediate)
    clearTimeout(this.#timer)
    this.#immediate = undefined
    this.#timer = undefined
  }

  #refer(): void {
    if (this.#references.size > 0) {
      this.#immediate?.ref()
      this.#timer?.ref()
    } else {
      this.#immediate?.unref()
      this.#timer?.unref()
    }
  }
}
