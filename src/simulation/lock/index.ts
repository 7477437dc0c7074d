// Locked regions in a world of active parties.
export type { LockUnderTest, LockWorld } from './lock-world.ts'
export { lockScenario } from './lock-world.ts'
