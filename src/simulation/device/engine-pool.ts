// The engine's queue pairs of one fabric. A world never forgets an actor, so those that are not used
// any more are used again. Invariant: what is given out has nothing in flight and no peer.
import type { SimulatedQueuePair } from '../queue-pair.ts'
import type { World } from '../world.ts'

/** An accepted WRITE has completed and occupies the engine until it is placed. */
const DEPTH_FACTOR = 2

export class EnginePool {
  readonly #world: World
  /** By responder's NIC and depth. */
  readonly #free = new Map<string, SimulatedQueuePair[]>()
  readonly #keys = new Map<SimulatedQueuePair, string>()
  #count = 0

  constructor(world: World) {
    this.#world = world
  }

  /** @param nic number of the responder's NIC */
  take(nic: number, sendDepth: number): SimulatedQueuePair {
    const key = `${nic} ${sendDepth}`
    const used = this.#free.get(key)?.pop()
    if (used !== undefined) return used
    this.#count += 1
    const depth = DEPTH_FACTOR * sendDepth
    const engine = this.#world.addQueuePair(`queue pair ${this.#count}`, { nic, depth })
    this.#keys.set(engine, key)
    return engine
  }

  give(engine: SimulatedQueuePair): void {
    engine.onComplete = null
    engine.onMessage = null
    engine.reset()
    const key = this.#keys.get(engine) ?? ''
    this.#free.set(key, [...(this.#free.get(key) ?? []), engine])
  }
}
