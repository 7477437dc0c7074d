// A protocol made ready for scenarios: both sides guarded, the owner's stores logged, the reader's
// mishaps kept where the scenario's wrapper finds them.
import { UntornError } from '../errors.ts'
import type { ReaderMachine } from '../protocols/machine.ts'
import type { ProtocolUnderTest } from '../simulation/protocol/protocol-under-test.ts'
import { GeneratorMachine } from './generator-machine.ts'
import { GuardedMachine, type Mishap } from './guarded-machine.ts'
import { GuardedMemory } from './guarded-memory.ts'
import { guardOwner } from './guarded-owner.ts'
import { hasCode } from './has-code.ts'
import type { Layout } from './layout.ts'
import { type Protocol, defineProtocol } from './protocol.ts'

export interface CheckedProtocol {
  readonly name: string
  readonly layout: Layout
  readonly underTest: ProtocolUnderTest
  readonly mishap: Mishap
  /** One line for each store and barrier of every owner made so far. */
  readonly log: string[]
}

/** @throws TypeError, RangeError as `defineProtocol` does */
export function checkedProtocol(given: Protocol): CheckedProtocol {
  const protocol = defineProtocol(given)
  const { layout, name = 'protocol', chainLengthMax = 8 } = protocol
  const mishap: Mishap = { error: undefined, happened: false }
  const log: string[] = []
  const bounds = { layout, chainLengthMax }
  const underTest: ProtocolUnderTest = {
    name,
    regionBytes: layout.regionBytes,
    payloadBytes: layout.payloadBytes,
    chainLengthMax,
    createOwner: (memory, incarnation) =>
      guardOwner(protocol.owner(new GuardedMemory(memory, layout, log), incarnation)),
    createReader: (incarnation) =>
      new GuardedMachine(createMachine(protocol, incarnation), bounds, mishap),
  }
  return { name, layout, underTest, mishap, log }
}

function createMachine(protocol: Protocol, incarnation: number): ReaderMachine {
  const { layout, reader, machine, landingBytes = 64 + 2 * layout.regionBytes } = protocol
  if (reader !== undefined) return new GeneratorMachine(layout, reader, landingBytes)
  try {
    const made = machine?.(incarnation)
    if (typeof made?.begin === 'function' && typeof made.resume === 'function') return made
  } catch (error) {
    if (hasCode(error)) throw error
    throw new UntornError('ERR_UNTORN_BROKEN_PROTOCOL', `machine threw: ${String(error)}`, {
      cause: error,
    })
  }
  throw new UntornError(
    'ERR_UNTORN_BROKEN_PROTOCOL',
    'machine(incarnation) returned no reader machine',
  )
}
