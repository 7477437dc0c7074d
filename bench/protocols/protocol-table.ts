// The protocols that the benches run, in the order of their rows.
import { argumentRangeError } from '../../src/errors.ts'
import type { BenchProtocol, BenchScheme } from './bench-protocol.ts'
import { cellBench } from './cell.ts'
import { lockedBench } from './locked.ts'
import { seqlockBench } from './seqlock.ts'
import { slotsBench } from './slots.ts'

export const benchProtocols: readonly BenchProtocol[] = [
  seqlockBench,
  slotsBench,
  cellBench,
  lockedBench,
]

/** @throws RangeError ERR_UNTORN_ARGUMENT */
export function benchProtocol(name: string): BenchProtocol {
  const protocol = benchProtocols.find((candidate) => candidate.name === name)
  if (protocol !== undefined) return protocol
  throw argumentRangeError(`no bench knows the protocol "${name}"`)
}

/** @throws RangeError ERR_UNTORN_ARGUMENT */
export function benchScheme(protocol: string, name: string): BenchScheme {
  const scheme = benchProtocol(protocol).schemes.find((candidate) => candidate.name === name)
  if (scheme !== undefined) return scheme
  throw argumentRangeError(`${protocol} has no row "${name}"`)
}
