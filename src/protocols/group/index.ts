// Snapshots of several regions that were present at one instant, and joint reads that are not.
export { SnapshotGroup } from './snapshot-group.ts'
export type { GroupControlName } from './controls.ts'
export { groupControls } from './controls.ts'
