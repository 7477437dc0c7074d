// Public surface of the simulator: `untorn/simulation`. A deterministic, adversarial model of
// one-sided RDMA; pure TypeScript, no native part.
//  - sampling models: what operations may observe, as data;
//  - litmus programs: the exact set of outcomes of a small program under a model;
//  - scenarios: a protocol, or any closed experiment of one's own, run under chosen schedules;
//  - devices: the fabric contract over a simulated world, for programs that want one.
export type { SamplingChoice, SamplingModel, SamplingPreset } from './sampling-model.ts'
export {
  replaysMatter,
  samplingModel,
  samplingPresetNames,
  samplingPresets,
} from './sampling-model.ts'

export type { ChoiceLabelCode, Oracle } from './oracle.ts'
export { ChoiceLabel } from './oracle.ts'
export type { ParsedTape } from './choice-tape.ts'
export { fingerprintOf, formatTape, parseTape } from './choice-tape.ts'
export { TapeOracle } from './tape-oracle.ts'

export type {
  Counterexample,
  Exploration,
  ExplorationVerdict,
  ExploreOptions,
  Strategy as ExploreStrategy,
} from './exploration.ts'
export { explore } from './explore.ts'
export { replay } from './replay.ts'
export type { Coverage, RunEnd, Scenario, Violation } from './scenario.ts'
export { newCoverage } from './scenario.ts'
export { StateHash } from './state-hash.ts'

export type { Program } from './program.ts'
export { SimulatedMemory } from './simulated-memory.ts'
export { StoreBuffer } from './store-buffer.ts'
export type { OnComplete, OnMessage } from './queue-pair.ts'
export { SimulatedQueuePair } from './queue-pair.ts'
export type { CopyManner } from './recording-memory.ts'
export { RecordingMemory } from './recording-memory.ts'
export type { SimulatedQueuePairOptions, WorldOptions } from './world.ts'
export { World, benignOracle } from './world.ts'

export type { Trace, TraceEvent, TraceKind } from './trace.ts'
export type { EventDetails } from './trace-recorder.ts'
export { TraceRecorder } from './trace-recorder.ts'
export type { FailedRun } from './report/failed-run.ts'
export { formatReport, formatTrace } from './report/text-report.ts'
export { renderTimeline } from './report/svg-timeline.ts'

export type { FaultPlan } from './protocol/fault-program.ts'
export { noFaults } from './protocol/fault-program.ts'
export type { OwnerStep, OwnerTrace, Publication } from './protocol/owner-trace.ts'
export type { PayloadOracle } from './protocol/payloads.ts'
export { certifiedPayload } from './protocol/payloads.ts'
export type { OwnerUnderTest, ProtocolUnderTest } from './protocol/protocol-under-test.ts'
export type { ProtocolScenarioOptions } from './protocol/protocol-scenario.ts'
export { ProtocolScenario } from './protocol/protocol-scenario.ts'
export type { ReadEndName, ReadOutcome, RunOutcome } from './protocol/read-outcome.ts'
export type { ReadPlan } from './protocol/reader-program.ts'
export type { SeqlockProtocolOptions } from './protocol/seqlock-protocol.ts'
export { seqlockProtocol } from './protocol/seqlock-protocol.ts'
export type { CellProtocolOptions, ValidatedCell } from './protocol/cell-protocol.ts'
export { cellProtocol } from './protocol/cell-protocol.ts'
export type { SlotsProtocolOptions } from './protocol/slots-protocol.ts'
export { slotsProtocol } from './protocol/slots-protocol.ts'

export * from './history/index.ts'
export * from './party/index.ts'

export type { GroupScenarioOptions } from './group/group-scenario.ts'
export { GroupScenario } from './group/group-scenario.ts'

export type { LockOperation, LockRun, LockUnderTest, LockWorld } from './lock/index.ts'
export { LockWatchdog, lockScenario } from './lock/index.ts'

export * from './litmus/index.ts'
export type { ControlCase } from './controls/index.ts'
export { controlCases, failedRunOf } from './controls/index.ts'

export * from './device/index.ts'
