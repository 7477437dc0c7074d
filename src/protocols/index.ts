// Consistency protocols, pure: layouts and steps, no I/O, no clock, nothing native.
export type {
  EvidenceCode,
  OperationSink,
  ReaderMachine,
  ReadRequest,
  RemoteMachine,
  RemoteSink,
  VerdictCode,
} from './machine.ts'
export { Evidence, Verdict } from './machine.ts'
export type { BarrierName, LocalMemory, MemoryKernels } from './local-memory.ts'
export type { Hash64 } from './hash.ts'
export { loadHash } from './hash.ts'
export { portableKernels } from './portable-kernels.ts'
export * from './lock/index.ts'
export * from './seqlock/index.ts'
export * from './slots/index.ts'
export * from './cell/index.ts'
export * from './group/index.ts'
