// All negative controls. A protocol's controls are added by a line in the table.
import type { MemoryKernels } from '../../protocols/local-memory.ts'
import type { ControlCase } from './control-case.ts'
import { cellCases } from './cell-cases.ts'
import { lastByteCases } from './last-byte-cases.ts'
import { lockCases } from './lock-cases.ts'
import { seqlockCases } from './seqlock-cases.ts'
import { slotsCases } from './slots-cases.ts'

const families: readonly ((kernels: MemoryKernels) => readonly ControlCase[])[] = [
  seqlockCases,
  () => lastByteCases,
  slotsCases,
  cellCases,
  lockCases,
]

/** All negative controls by name. */
export function controlCases(kernels: MemoryKernels): ReadonlyMap<string, ControlCase> {
  const cases = families.flatMap((family) => family(kernels))
  const byName = new Map(cases.map((each) => [each.name, each]))
  if (byName.size < cases.length) throw new Error('two negative controls have one name')
  return byName
}
