// Public surface of the fabric: devices, registered memory, queue pairs, operations.
export type { AtomicGranuleBytes, Capabilities, ProviderName } from './capabilities.ts'
export type {
  AccessRights,
  Accounting,
  AllocateOptions,
  Device,
  DeviceInfo,
  Endpoint,
  MemoryRegion,
  QueuePair,
  QueuePairOptions,
  ReceiveCompletion,
  RegionDescriptor,
  RegionWindow,
  RemoteRegion,
} from './contract.ts'
export type { BarrierName, LocalMemory } from './local-memory.ts'
export { CompletionFlags, Opcode, OperationFlags, OperationRing } from './operation-ring.ts'
export {
  SHARED_MEMORY_DEVICE,
  capabilitiesOf,
  chooseDevice,
  listDevices,
  openDevice,
} from './open-device.ts'
export type { DeviceChoice, OpenDeviceOptions } from './open-device.ts'
export { judgeGuarantees, lowerCapabilities } from './probe.ts'
export type { ProbeJudgement, ProbeObservation, ProbePattern, ProbedGuarantee } from './probe.ts'
export { Status, statusName } from './status.ts'
export type { StatusCode } from './status.ts'
