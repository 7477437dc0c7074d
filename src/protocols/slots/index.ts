// Versioned slots: one owner, a ring of N slots, copy-on-write; no reader starves, no writer waits.
export type { SlotsShape } from './layout.ts'
export {
  SLOTS_BYTES_MAX,
  SLOTS_FIRST_VERSION,
  SLOTS_LAYOUT_VERSION,
  SLOTS_VERSION_MAX,
  SLOT_COUNT_MAX,
  SLOT_COUNT_MIN,
  checkSlotsShape,
  slotOffset,
  slotStrideBytes,
  slotsRegionBytes,
} from './layout.ts'
export { SlotsLoan } from './loan.ts'
export { SlotsOwner } from './owner.ts'
export type { SlotsReadRequest, SlotsReaderMachine } from './reader-base.ts'
export type { SlotsScheme, SlotsStrategy, SlotsStrategyName } from './strategies.ts'
export { slotsStrategies } from './strategies.ts'
export type { SlotsControl, SlotsControlName } from './controls.ts'
export { slotsControls } from './controls.ts'
