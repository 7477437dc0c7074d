// Typed handles of consistent regions: publish, open, read, write.
export type { BackOff, RetryOptions } from './retry-policy.ts'
export type {
  BindingSource,
  CatalogueEntry,
  ClaimKind,
  RemoteBinding,
  Strategy,
} from './contract.ts'
export type { ReaderStatistics } from './read-statistics.ts'
export type { StrategyChoice, StrategyVerdict } from './chooser.ts'
export { chooseStrategy, judgeStrategy, soundStrategies } from './chooser.ts'
export { prepareRegions } from './kernels.ts'
export type { MachineBinding } from './machine-runner.ts'
export { MachineRunner } from './machine-runner.ts'
export { ObjectReader } from './object-reader.ts'
export type { OpenReaderOptions } from './open-seqlock.ts'
export { openSeqlock } from './open-seqlock.ts'
export type { Openers } from './openers.ts'
export { openers } from './openers.ts'
export type { OwnerStatistics } from './region-owner.ts'
export { SeqlockOwner } from './seqlock-owner.ts'
export { PayloadReader } from './payload-reader.ts'
export type { ReadOptions, ReadSyncOptions, Snapshot, WholeReadOptions } from './read-options.ts'
export type { ReadTogetherOptions, SnapshotsOf, TogetherReader } from './read-together.ts'
export { readTogether } from './read-together.ts'
export { RegionReader } from './region-reader.ts'
export type { WatchOptions, WatchPace } from './watch/watch-options.ts'
export { Watch } from './watch/watch.ts'
export { SeqlockReader } from './seqlock-reader.ts'
export type { OpenVersionedSlotsOptions } from './slots/open-slots.ts'
export { openVersionedSlots } from './slots/open-slots.ts'
export { VersionedSlotsOwner } from './slots/slots-owner.ts'
export { VersionedSlotsReader } from './slots/slots-reader.ts'
export type { VersionedSlotsOptions } from './slots/versioned-slots.ts'
export { versionedSlots } from './slots/versioned-slots.ts'
export type { SeqlockOptions } from './seqlock.ts'
export { seqlock } from './seqlock.ts'
