// Worlds of several active parties: scripts that carry out operations of users with machines, an owner
// that looks at memory which they write, faults, and a history that is judged.
export type { CrashMatrix, CrashMatrixFailure, CrashMatrixOptions } from './crash-matrix.ts'
export { crashMatrix } from './crash-matrix.ts'
export type { OperationEnd, Rights, Span } from './connection.ts'
export type { Party } from './party.ts'
export type {
  MishapAt,
  PartyFaults,
  PartyPlan,
  PartyRun,
  PartyScenarioOptions,
  PartyWorld,
} from './party-scenario.ts'
export { PartyScenario } from './party-scenario.ts'
export type { Script, Wait } from './script.ts'
