// The first judge of mutants: the seqlock strategies in the simulator, where they claim to be sound.
// Worlds are small; what can be explored exhaustively is. Every bound counts schedules, so that a
// verdict depends on nothing but the code. The strategies come from the mutated modules, all else is
// as it is.

import path from 'node:path'
import { pathToFileURL } from 'node:url'

/** @typedef {'fenced' | 'hash' | 'words' | 'lines'} StrategyName */
/** @typedef {Record<string, any>} Modules */

/** Schedules sampled of every world; first a few of each, because most mutants fail at once. */
const samplesFirst = 12
const samplesMax = 60
/** An exploration of all schedules that does not end so soon is left at that. */
const exhaustiveMax = 500

const lines = { atomicGranuleBytes: 64 }
/** Weak CPUs and arbitrary sampling: where they are sound there, they are sound elsewhere. */
const models = {
  fenced: ['minimal', 'rxe'],
  hash: ['bytes', 'minimal'],
  words: ['minimal'],
  lines: [lines],
}

const publish = { kind: 'publish' }
const update = { kind: 'update' }
const read = { kind: 'read' }
const ifChanged = { kind: 'if-changed' }
const abort = { kind: 'abort', from: 8, length: 30 }
const downwards = { unitBytes: 1, order: 'descending' }

/** @type {Record<string, any>} */
const smallWorlds = {
  write: { payloadBytes: 8, ownerSteps: [publish], readers: [[read]], attemptsMax: 1 },
  writes: { payloadBytes: 8, ownerSteps: [publish, publish], readers: [[read]], attemptsMax: 1 },
  retried: { payloadBytes: 1, ownerSteps: [publish], readers: [[read]], attemptsMax: 2 },
  again: {
    payloadBytes: 4,
    ownerSteps: [publish, publish],
    readers: [[read, read]],
    attemptsMax: 1,
  },
  changed: {
    payloadBytes: 4,
    ownerSteps: [publish, publish],
    readers: [[read, ifChanged]],
    attemptsMax: 1,
  },
  aborted: { payloadBytes: 8, ownerSteps: [abort], readers: [[read]], attemptsMax: 1 },
  'aborted and written': {
    payloadBytes: 8,
    ownerSteps: [{ ...abort, from: 0, length: 20 }, publish],
    readers: [[read, ifChanged]],
    attemptsMax: 1,
  },
  closed: {
    payloadBytes: 8,
    ownerSteps: [publish],
    close: true,
    readers: [[read]],
    attemptsMax: 1,
  },
  'closed later': {
    payloadBytes: 4,
    ownerSteps: [],
    close: true,
    readers: [[read, ifChanged, read]],
    attemptsMax: 1,
  },
  parts: {
    payloadBytes: 12,
    ownerSteps: [publish],
    readers: [
      [
        { kind: 'part', from: 0, length: 4 },
        { kind: 'part', from: 60, length: 4 },
      ],
    ],
    attemptsMax: 1,
  },
  carry: {
    payloadBytes: 8,
    firstVersion: 2 ** 33 - 4,
    ownerSteps: [publish, publish],
    readers: [[read]],
    attemptsMax: 1,
  },
}

/** @type {Record<string, any>} */
const largeWorlds = {
  'two lines, in part': {
    payloadBytes: 72,
    ownerSteps: [{ kind: 'part', from: 46, length: 15 }, update],
    readers: [
      [{ kind: 'part', from: 40, length: 4 }, { kind: 'part', from: 44, length: 19 }, read],
    ],
    attemptsMax: 3,
  },
  'three lines, byte by byte': {
    payloadBytes: 121,
    ownerSteps: [
      { ...publish, manner: downwards },
      { kind: 'part', manner: downwards, from: 10, length: 50 },
      { kind: 'abort', manner: downwards, from: 20, length: 40 },
      update,
    ],
    readers: [
      [read, { kind: 'part', from: 7, length: 33 }, ifChanged],
      [ifChanged, read, ifChanged],
    ],
    attemptsMax: 3,
  },
  'blank and closed': {
    payloadBytes: 9,
    ownerSteps: [publish, abort],
    blank: true,
    close: true,
    readers: [[read, ifChanged, read]],
    attemptsMax: 4,
  },
  faults: {
    payloadBytes: 9,
    ownerSteps: [publish, abort, publish],
    readers: [
      [read, ifChanged],
      [read, { kind: 'part', from: 20, length: 30 }],
    ],
    attemptsMax: 3,
    faults: { crashes: 1, restarts: 1, queuePairErrors: 1, timeOuts: 1 },
  },
}

/** Explorations of strategies in worlds, with the simulator of one build. */
class Explorer {
  #explore
  #scenarioOf

  /** @param {Modules} simulator - `explore`, `ProtocolScenario`, `seqlockProtocol`, `kernels` */
  constructor({ explore, ProtocolScenario, seqlockProtocol, kernels }) {
    this.#explore = explore
    this.#scenarioOf = (
      /** @type {any} */ scheme,
      /** @type {any} */ model,
      /** @type {any} */ world,
    ) => {
      const { payloadBytes, firstVersion = 2, ...options } = world
      const protocol = seqlockProtocol(scheme, kernels, { payloadBytes, firstVersion })
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
    const world = { payloadBytes: 9, ownerSteps: [publish, abort], close: true, blank: true }
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

  /** @param {any} scheme @param {readonly any[]} choices - models */
  failureOf(scheme, choices) {
    for (const model of choices) {
      for (const failure of this.rounds(scheme, model)) if (failure !== null) return failure
    }
    return null
  }
}

/**
 * What mutants are judged by; made once for many of them.
 * @param {string} built - folder of the compiled sources
 */
export async function simulatedSuite(built) {
  /** @param {string} file @returns {Promise<Modules>} */
  const load = (file) => import(pathToFileURL(path.join(built, file)).href)
  const { explore } = await load('simulation/explore.js')
  const { ProtocolScenario } = await load('simulation/protocol/protocol-scenario.js')
  const { seqlockProtocol } = await load('simulation/protocol/seqlock-protocol.js')
  const { loadHash, portableKernels } = await load('protocols/index.js')
  const kernels = portableKernels(await loadHash())
  const explorer = new Explorer({ explore, ProtocolScenario, seqlockProtocol, kernels })

  /**
   * Why the strategies fail, or null.
   * @param {Modules} strategies - by name
   * @param {readonly StrategyName[]} names
   * @returns {string | null}
   */
  return (strategies, names) => {
    try {
      for (const name of names) {
        const failure = explorer.failureOf(strategies[name], models[name])
        if (failure !== null) return failure
      }
      return null
    } catch (error) {
      return `throws ${error?.code ?? error?.name}: ${String(error?.message).slice(0, 80)}`
    }
  }
}
