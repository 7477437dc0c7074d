// Negative controls of completion: "the last byte arrived, so all did". They need no protocol and
// no writer, only a receiver that looks too early.
import { everywhere } from '../../protocols/seqlock/control.ts'
import { samplingModel } from '../sampling-model.ts'
import type { SamplingChoice } from '../sampling-model.ts'
import type { ControlCase } from './control-case.ts'
import { caseName } from './control-worlds.ts'
import { LastByteScenario, type LastByteOptions } from './last-byte-scenario.ts'

type Direction = LastByteOptions['direction']

/** Several lines and packets. */
const WIDE_BYTES = 256

/** Two granules, or a word. */
function lengthUnder(model: SamplingChoice): number {
  return Math.max(8, 2 * samplingModel(model).atomicGranuleBytes)
}

function lastByte(
  name: string,
  direction: Direction,
  model: SamplingChoice,
  waitsFor: LastByteOptions['waitsFor'],
  lengthBytes: number = lengthUnder(model),
): LastByteScenario {
  return new LastByteScenario({
    name: caseName(name, model),
    model,
    direction,
    lengthBytes,
    waitsFor,
  })
}

function lastByteCase(
  row: Omit<ControlCase, 'subject' | 'scenario' | 'wideScenario' | 'describe' | 'weaker'>,
  direction: Direction,
  right: string,
): ControlCase {
  const what = direction === 'read' ? 'one READ' : 'one WRITE'
  return {
    ...row,
    subject: 'completion',
    scenario: (model) => lastByte(row.name, direction, model, 'last-byte'),
    wideScenario: (model) => lastByte(row.name, direction, model, 'last-byte', WIDE_BYTES),
    describe: (model) => `${what} of ${lengthUnder(model)} bytes, nobody else stores anything`,
    weaker: [
      { claim: right, scenario: () => lastByte(row.name, direction, 'minimal', 'completion') },
    ],
  }
}

export const lastByteCases: readonly ControlCase[] = [
  lastByteCase(
    {
      name: 'last-byte-of-read',
      claim: 'when the last byte of a READ has landed, all have',
      looksRight: 'Packets come in order, and polling memory is faster than polling completions.',
      interleaving: 'the granule with the last byte lands first',
      caughtUnder: everywhere,
    },
    'read',
    'when the READ has completed, all bytes have landed',
  ),
  lastByteCase(
    {
      name: 'last-byte-of-write',
      claim: 'when the last byte of a WRITE is in memory, all are',
      looksRight: 'It is so on many NICs, for WRITEs without relaxed ordering.',
      interleaving: 'the granule with the last byte is placed first',
      caughtUnder: ['sharedMemory', 'rxe', 'minimal', 'bytes'],
    },
    'write',
    'when a flag in a second WRITE of the same queue pair is in memory, all bytes of the first are',
  ),
]
