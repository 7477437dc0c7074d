// RCU cell: one word points to the present object of a heap; objects of any size, replaced as a whole;
// readers without a pin validate, readers with one are never disturbed; peers may swap the word too.
export type { CellShape } from './layout.ts'
export {
  CELL_FIRST_VERSION,
  CELL_LAYOUT_VERSION,
  CELL_VERSION_MAX,
  GRANT_OBJECTS,
  HEAP_UNITS_MAX,
  OBJECT_BYTES_MAX,
  READER_COUNT_MAX,
  SPAN_COUNT_MIN,
  UNIT_BYTES,
  WRITER_COUNT_MAX,
  cellRegionBytes,
  checkCellShape,
  classFor,
  classUnits,
  grantBytes,
  grantUnit,
  lineOffset,
  rowOffset,
  spanUnits,
  unitOffset,
} from './layout.ts'
export type { CellDraft, CellOwnerOptions, CellOwnerParts, CellStatistics } from './owner.ts'
export { CellOwner } from './owner.ts'
export { LEASE_MS_DEFAULT, type LeaseTerms } from './lease-terms.ts'
export type { HeapStatistics } from './heap.ts'
export { CellPlacement, POISON_BYTE, type PresentWord } from './placement.ts'
export { Pointer, PointerCode, type PointerKind } from './pointer-code.ts'
export { type PinView, ReaderTable } from './reader-table.ts'
export { Reclaimer, type RetiredMemory } from './reclaimer.ts'
export { GracePeriods } from './grace-periods.ts'
export { WriterGrants } from './grants.ts'
export { CellReader } from './reader-base.ts'
export { ValidatedReader } from './reader-validated.ts'
export { type Clock, PinnedReader } from './reader-pinned.ts'
export { type ObjectRequest, type PinnedObject, PinnedObjectReader } from './reader-object.ts'
export { ReaderRow } from './reader-row.ts'
export { RowRelease, RowRenewal } from './row-machines.ts'
export { OwnerSwap } from './owner-swap.ts'
export { type CellBase, CellWriter } from './writer.ts'
export { WordSwap } from './word-swap.ts'
export type { CellScheme, CellStrategy, CellStrategyName } from './scheme.ts'
export { cellStrategies, soundCell } from './scheme.ts'
export type { CellControl, CellControlName, CellControlWorld } from './controls.ts'
export { cellControls } from './controls.ts'
export { PinApartReader } from './control-parts.ts'
