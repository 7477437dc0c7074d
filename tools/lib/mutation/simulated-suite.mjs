// The first judge of mutants: the sound strategies in the simulator, where they claim to be sound.
// Worlds are small; what can be explored exhaustively is. Every bound counts schedules, so that a
// verdict depends on nothing but the code. The strategies come from the mutated modules, all else is
// as it is.

import path from 'node:path'
import { pathToFileURL } from 'node:url'

/** @typedef {Record<string, any>} Modules */
/** @typedef {(scheme: any, world: any) => { protocol: any, options: any }} Maker */
/**
 * What the strategies of one protocol are judged by.
 *
 * @typedef {{
 *   models: Record<string, readonly any[]>,
 *   smallWorlds: Record<string, any>,
 *   largeWorlds: Record<string, any>,
 *   frozenWorld: any,
 *   protocolMaker: (built: string, kernels: any) => Promise<Maker>,
 * }} Suite
 */

/** Schedules sampled of every world; first a few of each, because most mutants fail at once. */
const samplesFirst = 12
const samplesMax = 60
/** An exploration of all schedules that does not end so soon is left at that. */
const exhaustiveMax = 500

/** Explorations of strategies in worlds, with the simulator of one build. */
class Explorer {
  #explore
  #scenarioOf
  #suite

  /**
   * @param {Modules} simulator - `explore`, `ProtocolScenario`
   * @param {Suite} suite
   * @param {Maker} maker
   */
  constructor({ explore, ProtocolScenario }, suite, maker) {
    this.#explore = explore
    this.#suite = suite
    this.#scenarioOf = (
      /** @type {any} */ scheme,
      /** @type {any} */ model,
      /** @type {any} */ world,
    ) => {
      const { protocol, options } = maker(scheme, world)
      return new ProtocolScenario(protocol, { recovers: true, ...options, model })
    }
  }

  /** @param {any} scheme @param {any} model @param {[string, any]} world @param {any} options */
  judge(scheme, model, [name, world], options) {
    const scenario = this.#scenarioOf(scheme, model, world)
    const { counterexample } = this.#explore(scenario, { ...options, shrinkRunsMax: 0 })
    return counterexample ? `${scheme.name}, ${name}: ${counterexample.violation.kind}` : null
  }

  /**
   * An owner that stops after each of its stores: a reader alone must end, and what it returns is
   * right.
   * @param {any} scheme
   */
  judgeFrozen(scheme) {
    const world = this.#suite.frozenWorld
    const { end } = this.#scenarioOf(scheme, 'minimal', world).ownerTrace()
    for (let stores = 0; stores <= end; stores += 1) {
      const frozen = { ...world, recovers: false, frozenAfter: stores }
      /** @type {[string, any]} */
      const named = [`frozen after ${stores} stores`, frozen]
      const failure = this.judge(scheme, 'minimal', named, { schedulesMax: 1 })
      if (failure !== null) return failure
    }
    return null
  }

  /** What finds most comes first. @param {any} scheme @param {any} model */
  *rounds(scheme, model) {
    const { smallWorlds, largeWorlds } = this.#suite
    const all = Object.entries({ ...smallWorlds, ...largeWorlds })
    const sample = { strategy: 'mixed', seed: 1 }
    const exhaustive = { strategy: 'exhaustive', schedulesMax: exhaustiveMax }
    for (const world of all) {
      yield this.judge(scheme, model, world, { ...sample, schedulesMax: samplesFirst })
    }
    yield this.judgeFrozen(scheme)
    for (const world of Object.entries(smallWorlds)) {
      yield this.judge(scheme, model, world, exhaustive)
    }
    for (const world of all) {
      yield this.judge(scheme, model, world, { ...sample, schedulesMax: samplesMax })
    }
  }

  /** @param {any} scheme @param {string} name */
  failureOf(scheme, name) {
    for (const model of this.#suite.models[name] ?? []) {
      for (const failure of this.rounds(scheme, model)) if (failure !== null) return failure
    }
    return null
  }
}

/**
 * What mutants of a protocol are judged by; made once for many of them.
 * @param {string} built - folder of the compiled sources
 * @param {Suite} suite
 */
export async function simulatedSuite(built, suite) {
  /** @param {string} file @returns {Promise<Modules>} */
  const load = (file) => import(pathToFileURL(path.join(built, file)).href)
  const { explore } = await load('simulation/explore.js')
  const { ProtocolScenario } = await load('simulation/protocol/protocol-scenario.js')
  const { loadHash, portableKernels } = await load('protocols/index.js')
  const maker = await suite.protocolMaker(built, portableKernels(await loadHash()))
  const explorer = new Explorer({ explore, ProtocolScenario }, suite, maker)

  /**
   * Why the strategies fail, or null.
   * @param {Modules} strategies - by name
   * @param {readonly string[]} names
   * @returns {string | null}
   */
  return (strategies, names) => {
    try {
      for (const name of names) {
        const failure = explorer.failureOf(strategies[name], name)
        if (failure !== null) return failure
      }
      return null
    } catch (error) {
      return `throws ${error?.code ?? error?.name}: ${String(error?.message).slice(0, 80)}`
    }
  }
}
