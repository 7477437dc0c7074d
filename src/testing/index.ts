// Public surface of the kit for authors of protocols: `untorn/testing`. A layout, an owner, a reader;
// every schedule of small worlds under every sampling model; a counterexample when one fails. Needs
// no device, no native part and no test runner.
//
// Generators for property-based tests are a module of their own, `untorn/testing/arbitraries`,
// because they need fast-check and nothing here does.
export type { Field, Fields, Layout } from './layout.ts'
export type { OwnerSide, Protocol } from './protocol.ts'
export { defineProtocol } from './protocol.ts'
export type { FieldValue, LandedOf, Place, Reader, ReaderIo } from './reader-io.ts'
export type { Landed } from './read.ts'
export { Chain, Read } from './read.ts'
export { Outcome } from './outcome.ts'

export type { CheckOptions } from './check-options.ts'
export { checkProtocol } from './check-protocol.ts'
export type { CheckWorld } from './check-world.ts'
export { defaultWorlds } from './check-world.ts'
export type {
  PresetCheck,
  ProtocolCheck,
  ProtocolCounterexample,
  WorldCheck,
} from './protocol-check.ts'
export type { ScheduleOptions, ScheduleResult } from './run-schedule.ts'
export { runSchedule } from './run-schedule.ts'

export { assertProtocol } from './assert-protocol.ts'
export type { ExpectSoundOptions } from './expect-sound.ts'
export { expectSound } from './expect-sound.ts'
export type { ExpectViolatedOptions } from './expect-violated.ts'
export { expectViolated } from './expect-violated.ts'
export { ProtocolAssertionError } from './protocol-assertion-error.ts'

// What appears in the types above.
export type { LocalMemory } from '../protocols/local-memory.ts'
export type {
  EvidenceCode,
  OperationSink,
  ReaderMachine,
  ReadRequest,
  VerdictCode,
} from '../protocols/machine.ts'
export type { SamplingChoice, SamplingModel, SamplingPreset } from '../simulation/sampling-model.ts'
export type { CopyManner } from '../simulation/recording-memory.ts'
export type { ExplorationVerdict, Strategy as ExploreStrategy } from '../simulation/exploration.ts'
export type { Coverage, Violation } from '../simulation/scenario.ts'
export type { Trace, TraceEvent, TraceKind } from '../simulation/trace.ts'
export type { FaultPlan } from '../simulation/protocol/fault-program.ts'
export type { OwnerStep } from '../simulation/protocol/owner-trace.ts'
export type { ReadPlan } from '../simulation/protocol/reader-program.ts'
