// The public surface: open a device, publish or open regions, read consistently.
export { Lapped, RetriesExhausted, UntornError, WriterActive, errorTable } from './errors.ts'
export type { ErrorCode, ErrorDetails, ErrorEntry } from './errors.ts'
export { capabilitiesOf, listDevices, openDevice } from './fabric/open-device.ts'
export type { OpenDeviceOptions } from './fabric/open-device.ts'
export type {
  AccessRights,
  AllocateOptions,
  Device,
  DeviceInfo,
  MemoryRegion,
  QueuePairOptions,
} from './fabric/contract.ts'
export type { AtomicGranuleBytes, Capabilities, ProviderName } from './fabric/capabilities.ts'
export {
  RcuCellGuard,
  RcuCellOwner,
  RcuCellReader,
  SeqlockOwner,
  SeqlockReader,
  TypedReader,
  TypedSeqlockOwner,
  TypedVersionedSlotsOwner,
  VersionedSlotsOwner,
  VersionedSlotsReader,
  rcuCell,
  readTogether,
  seqlock,
  versionedSlots,
} from './regions/index.ts'
export type {
  BackOff,
  CatalogueEntry,
  CellOwnerStatistics,
  CellPin,
  ClaimKind,
  OpenRcuCellOptions,
  OpenReaderOptions,
  OwnerStatistics,
  RcuCellObject,
  RcuCellOptions,
  ReadOptions,
  ReadSyncOptions,
  ReadTogetherOptions,
  ReaderStatistics,
  RetryOptions,
  SeqlockOptions,
  Snapshot,
  Strategy,
  TypedOptions,
  TypedSeqlockOptions,
  TypedSnapshot,
  TypedVersionedSlotsOptions,
  VersionedSlotsOptions,
  Watch,
  WatchOptions,
  WatchPace,
} from './regions/index.ts'
export { connect, listen } from './session/index.ts'
export type {
  ConnectOptions,
  Host,
  HostStatistics,
  ListenOptions,
  Peer,
  PeerIdentity,
  ReconnectOptions,
} from './session/index.ts'
