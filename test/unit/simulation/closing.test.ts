// Goal: an owner that was told to close, and whose readers are not told so, is refused. Method:
// sound strategies as they are, and with a `close` that stores nothing.
import { describe, expect, test } from 'vitest'
import { loadHash, portableKernels, seqlockStrategies } from '../../../src/protocols/index.ts'
import {
  ProtocolScenario,
  type ProtocolUnderTest,
  explore,
  seqlockProtocol,
} from '../../../src/simulation/index.ts'

const kernels = portableKernels(await loadHash())
const names = ['fenced', 'hash', 'words', 'lines'] as const

function closesSilently(protocol: ProtocolUnderTest): ProtocolUnderTest {
  return {
    ...protocol,
    createReader: (incarnation) => protocol.createReader(incarnation),
    createOwner: (memory, incarnation) =>
      Object.assign(protocol.createOwner(memory, incarnation), { close: () => {} }),
  }
}

/** Kinds of violations when readers read during and after the end of a region. */
function violationsOf(protocol: ProtocolUnderTest, recovers: boolean): string[] {
  const scenario = new ProtocolScenario(protocol, {
    model: { atomicGranuleBytes: 64 },
    ownerSteps: [{ kind: 'publish' }],
    close: true,
    readers: [[{ kind: 'read' }, { kind: 'if-changed' }]],
    recovers,
  })
  return Object.keys(explore(scenario, { seed: 1, schedulesMax: 40 }).violations)
}

describe.each(names)('%s', (name) => {
  const protocol = seqlockProtocol(seqlockStrategies[name], kernels, { payloadBytes: 60 })

  test.each([true, false])('closes as it should, recovery %o', (recovers) => {
    expect(violationsOf(protocol, recovers)).toEqual([])
  })

  test.each([true, false])('a silent end is noticed, recovery %o', (recovers) => {
    expect(violationsOf(closesSilently(protocol), recovers)).toEqual(['closed'])
  })
})
