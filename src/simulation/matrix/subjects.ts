// All rows of the safety matrix, by protocol. Adding a protocol is adding its list here, and its
// strategies to `src/regions/strategy-table.ts`.
import type { ProtocolName, Strategy } from '../../regions/contract.ts'
import { cellSubjects } from './cell-subjects.ts'
import type { MatrixSubject, MatrixWorld } from './matrix-subject.ts'
import { seqlockSubjects } from './seqlock-subjects.ts'
import { slotsSubjects } from './slots-subjects.ts'

export const matrixSubjects: readonly MatrixSubject[] = [
  ...seqlockSubjects,
  ...slotsSubjects,
  ...cellSubjects,
]

/** Protocols of the matrix, each with its page of docs/. */
export const matrixProtocols: readonly {
  readonly protocol: ProtocolName
  readonly title: string
  readonly page: string
}[] = [
  { protocol: 'seqlock', title: 'Seqlock', page: 'protocols/seqlock.md' },
  { protocol: 'versioned-slots', title: 'Versioned slots', page: 'protocols/slots.md' },
  { protocol: 'rcu-cell', title: 'RCU cell', page: 'protocols/cell.md' },
]

/** The rows of a protocol. */
export function subjectsOf(protocol: ProtocolName): readonly MatrixSubject[] {
  return matrixSubjects.filter((subject) => subject.protocol === protocol)
}

/** @throws Error when there is no such row */
export function subjectOf(protocol: ProtocolName, strategy: Strategy): MatrixSubject {
  const found = subjectsOf(protocol).find((subject) => subject.strategy === strategy)
  if (found === undefined) throw new Error(`the safety matrix has no row ${protocol} ${strategy}`)
  return found
}

/** @throws Error when the subject has no such world */
export function worldOf(subject: MatrixSubject, name: string): MatrixWorld {
  const found = subject.worlds.find((world) => world.name === name)
  if (found === undefined) throw new Error(`${subject.protocol} has no world ${name}`)
  return found
}
