// RCU cells in simulated worlds of active parties.
export type { CellUnderTest } from './cell-run.ts'
export type { OwnerDeed } from './owner-script.ts'
export type { ReaderDeed } from './reader-script.ts'
export type { CellWorld } from './cell-world.ts'
export { cellPartyWorld, cellScenario } from './cell-world.ts'
export type { SwappingDeed, WriterDeed } from './writer-script.ts'
export type { WriterWorld } from './writer-world.ts'
export { writerPartyWorld, writerScenario } from './writer-world.ts'
