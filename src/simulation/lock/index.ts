// Locked regions in a world of active parties.
export type { LockOperation, LockRun } from './lock-scripts.ts'
export type { LockUnderTest, LockWorld } from './lock-world.ts'
export { lockScenario } from './lock-world.ts'
export { LockWatchdog } from './lock-watchdog.ts'
