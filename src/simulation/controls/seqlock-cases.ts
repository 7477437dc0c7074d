// The seqlock's negative controls as cases.
import type { SeqlockControl } from '../../protocols/seqlock/controls.ts'
import { negativeControls } from '../../protocols/seqlock/controls.ts'
import type { MemoryKernels } from '../../protocols/local-memory.ts'
import { payloadOracles } from '../protocol/payloads.ts'
import { ProtocolScenario } from '../protocol/protocol-scenario.ts'
import { seqlockProtocol } from '../protocol/seqlock-protocol.ts'
import type { SamplingChoice } from '../sampling-model.ts'
import type { ControlCase } from './control-case.ts'
import {
  type ControlWorld,
  caseName,
  smallWorld,
  weakerWorlds,
  wideWorld,
} from './control-worlds.ts'

/** All of them. */
export function seqlockCases(kernels: MemoryKernels): readonly ControlCase[] {
  return Object.values(negativeControls).map((control) => seqlockCase(control, kernels))
}

function seqlockCase(control: SeqlockControl, kernels: MemoryKernels): ControlCase {
  const { name, claim, looksRight, interleaving, caughtUnder } = control
  const scenario = (model: SamplingChoice, change: Partial<ControlWorld>): ProtocolScenario =>
    controlScenario(control, kernels, model, { ...smallWorld(control, model), ...change })
  return {
    name,
    subject: 'seqlock',
    claim,
    looksRight,
    interleaving,
    caughtUnder,
    scenario: (model) => scenario(model, {}),
    wideScenario: (model) => controlScenario(control, kernels, model, wideWorld(control)),
    describe: (model) => describeWorld(smallWorld(control, model)),
    weaker: weakerWorlds(control).map((each) => ({
      claim: each.claim,
      scenario: () => scenario(each.model, each.change),
    })),
  }
}

/** A control, or a strategy, in a world. */
export function controlScenario(
  scheme: Parameters<typeof seqlockProtocol>[0],
  kernels: MemoryKernels,
  model: SamplingChoice,
  world: ControlWorld,
): ProtocolScenario {
  const { payloadBytes, payload, neverWritten, ...options } = world
  const name = caseName(scheme.name, model)
  const protocol = seqlockProtocol(scheme, kernels, { payloadBytes, name })
  const payloadOf = payloadOracles[payload]
  const dead = neverWritten === true ? { blank: true, frozenAfter: 0 } : {}
  return new ProtocolScenario(protocol, { ...options, ...dead, model, payloadOf })
}

function describeWorld(world: ControlWorld): string {
  const { payloadBytes, payload, ownerSteps = [], readers, attemptsMax = 1 } = world
  const part = readers?.[0]?.[0]?.kind === 'part'
  const [first = { kind: 'publish' }] = ownerSteps
  const kinds = {
    publish: 'write',
    abort: 'aborted write',
    update: 'update',
    part: 'partial write',
  }
  const count = ownerSteps.length
  const writes = `${count} ${kinds[first.kind]}${count > 1 ? 's' : ''}`
  const inOneStep = world.onlyBursts === true
  return [
    `${payloadBytes} payload bytes`,
    ...(payload === 'swapped-numbers' ? ['whose words change places'] : []),
    ...(payload === 'messages' ? ['of which every other message uses half'] : []),
    ...(world.neverWritten === true
      ? ['never written']
      : [inOneStep ? `${writes}, all in one step` : writes]),
    `one read${part ? ' of the last byte' : ''}`,
    attemptsMax === 1 ? 'one attempt' : `${attemptsMax} attempts`,
  ].join(', ')
}
