// Negative controls in the simulator: what they are, where they are caught, and how that looks.
export type { ControlCase, WeakerClaim } from './control-case.ts'
export { controlCases } from './control-cases.ts'
export type { ControlCell, ControlResult } from './run-controls.ts'
export {
  measureControl,
  measuredSeeds,
  mixedMargin,
  runControl,
  smallestCounterexample,
} from './run-controls.ts'
export { failedRunOf } from './tell-control.ts'
export { foldStores } from '../report/fold-stores.ts'
