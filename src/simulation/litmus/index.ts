// Litmus programs: what a few instructions may leave behind, under each sampling model.
export {
  compareAndSwap,
  fetchAndAdd,
  fullFence,
  get,
  getAll,
  load,
  poll,
  put,
  putAll,
  signal,
  store,
  storeBarrier,
  wait,
} from './instructions.ts'
export type {
  CompareAndSwapInstruction,
  FetchAndAddInstruction,
  FullFenceInstruction,
  GetInstruction,
  LitmusInstruction,
  LoadInstruction,
  PollInstruction,
  PostOptions,
  PutInstruction,
  SignalInstruction,
  StoreBarrierInstruction,
  StoreInstruction,
  WaitInstruction,
} from './instructions.ts'
export type { LitmusLayout } from './layout.ts'
export type { LitmusScenarioOptions } from './scenario.ts'
export { Litmus, litmus } from './litmus.ts'
export type { LitmusExploration, LitmusExploreOptions, LitmusOutcome } from './litmus.ts'
export { matchesOutcome } from './outcome.ts'
export type { OutcomePattern, OutcomeValues } from './outcome.ts'
export { litmusProgram, outcomeNames } from './program.ts'
export type { LitmusPeer, LitmusProgram, LitmusSpec, LitmusThread, PeerSpec } from './program.ts'
export { formatProgram } from './format.ts'
export { contradictions, isJudged, litmusOf, runLitmusEntry } from './run-suite.ts'
export type { LitmusEntryResult, LitmusResult } from './run-suite.ts'
export type { LitmusEntry, LitmusVariant } from './suite-entry.ts'
export { litmusSuite } from './suite.ts'
