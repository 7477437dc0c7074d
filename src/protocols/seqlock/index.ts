// Seqlock region: one owner, in place, four ways for a reader to prove consistency.
export type { LayoutKind, SeqlockShape } from './layout.ts'
export {
  CLOSED_MARK,
  FIRST_VERSION,
  PAYLOAD_BYTES_MAX,
  SEQLOCK_LAYOUT_VERSION,
  VERSION_MAX,
  BothEnds,
  Plain,
  Words,
  checkShape,
  imageBytes,
  regionBytes,
} from './layout.ts'
export { SeqlockOwner, SeqlockWriteToken } from './owner.ts'
export type {
  SeqlockScheme,
  SeqlockStrategy,
  SeqlockStrategyName,
  StrategyNeeds,
} from './strategies.ts'
export { seqlockStrategies } from './strategies.ts'
export type {
  ControlText,
  ControlWorkload,
  SamplingPreset,
  SeqlockControl,
  SeqlockControlName,
} from './controls.ts'
export { negativeControls } from './controls.ts'
