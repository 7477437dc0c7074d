// Histories of several callers, what their object should have done, and whether it did.
export type { History, HistoryOperation } from './history.ts'
export { HistoryRecorder } from './history.ts'
export type {
  RegisterOperation,
  RegisterResult,
  SequentialSpecification,
  VersionedOperation,
  VersionedResult,
  VersionedState,
} from './specification.ts'
export { registerSpecification, versionedSpecification } from './specification.ts'
export type { LinearizabilityCheck, LinearizabilityOptions } from './check-linearizability.ts'
export { checkLinearizability } from './check-linearizability.ts'
export { LinearizabilityMonitor } from './linearizability-monitor.ts'
export { formatHistory } from './format-history.ts'
