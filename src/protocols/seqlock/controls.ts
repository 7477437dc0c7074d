// The table of negative controls. Each breaks one claim of the sound strategies; property tests
// fail unless each is caught under the models it is said to be caught under, and is not under the
// others; the torn-read bench runs those marked `bench` against real memory.
//
// `caughtUnder` is computed: test/property explores every control under every preset. What looks
// caught everywhere at first sight is sometimes legal where sampling ascends:
//  - version-with-data: ascending, version and payload are sampled in the order of `fenced`.
//  - both-ends: the owner stores the back first, so an ascending READ sandwiches the payload.
//  - unversioned-hash: a version word sampled between a seal and its payload can only be theirs.
// And `short tags` need no replay: a READ on shared memory takes as long as its reader's core is
// kept from running.
//
// These are the controls of a region with one owner. Wrong ways to know that an operation has
// completed are in src/simulation/controls; those of slots, pointer cells, pins, leases, locks of
// many writers and atomics stand beside the protocols that they are wrong about.
import type { SeqlockControl, SeqlockControlName } from './control.ts'
import { compareControls, oneReadControls } from './controls-fetch.ts'
import { sealControls } from './controls-seal.ts'
import { ownerControls, unitControls } from './controls-store.ts'

export type {
  ControlText,
  ControlWorkload,
  SamplingPreset,
  SeqlockControl,
  SeqlockControlName,
} from './control.ts'

const rows: readonly SeqlockControl[] = [
  ...oneReadControls,
  ...compareControls,
  ...ownerControls,
  ...unitControls,
  ...sealControls,
]

/** All negative controls by name. */
export const negativeControls: Readonly<Record<SeqlockControlName, SeqlockControl>> =
  Object.fromEntries(rows.map((row) => [row.name, row])) as Record<
    SeqlockControlName,
    SeqlockControl
  >
