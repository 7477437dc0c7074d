// Locked region: many writers, in place, one at a time; readers are those of a seqlock.
export { LockAcquire } from './acquire.ts'
export { LockClose } from './close.ts'
export {
  LOCK_LAYOUT_VERSION,
  type LockShape,
  lockRegionBytes,
  shadowBytes,
  shadowOffset,
} from './layout.ts'
export type { LockConduct, LockControl, LockControlName } from './controls.ts'
export { lockControls } from './controls.ts'
export { LockRelease, type LockSealing } from './release.ts'
export { LockRepair, RepairOutcome, type RepairOutcomeCode } from './repair.ts'
export type { LockScheme, LockStrategy, LockStrategyName } from './strategies.ts'
export { lockStrategies } from './strategies.ts'
export { HOLDER_MAX, LOCK_VERSION_MAX, freeWord, heldWord, holderOf, isFree } from './word.ts'
