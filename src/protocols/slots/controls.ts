// The table of negative controls of versioned slots. Each breaks one claim of the sound strategies;
// the property tests fail unless each is caught under the models it is said to be caught under, and
// is not under the others. `caughtUnder` is computed: test/property explores every control in a small
// world under every preset.
import type { ControlText, SamplingPreset } from '../seqlock/controls.ts'
import {
  IndexFirst,
  NoBarrierAfterPublish,
  NoBarrierBeforePublish,
  PlainIndexCode,
  plainIndexPlacement,
} from './control-placements.ts'
import {
  GuessWithoutIndexReader,
  IndexOnceReader,
  OneLapMoreReader,
  UnfencedSlotsReader,
  unversionedSlotSeal,
} from './control-readers.ts'
import { SlotsPlacement } from './placement.ts'
import { FencedSlotsReader } from './reader-fenced.ts'
import { HashSlotsReader } from './reader-hash.ts'
import {
  type SlotsPlacementFactory,
  type SlotsScheme,
  type SlotsSchemeParts,
  fencedParts,
  hashParts,
  slotsScheme,
} from './strategies.ts'

export type SlotsControlName =
  | 'one-lap-more'
  | 'one-lap-more-of-three'
  | 'index-once'
  | 'unfenced-slots'
  | 'index-first'
  | 'no-barrier-before-publish'
  | 'latch-no-barrier-after-publish'
  | 'guess-without-index'
  | 'unversioned-slot-hash'
  | 'plain-index'

export interface SlotsControl extends SlotsScheme, ControlText {
  readonly name: SlotsControlName
  /** Slots of the ring that shows the flaw. */
  readonly slotCount: number
}

type Row = Omit<ControlText, 'caughtUnder'> & {
  readonly name: SlotsControlName
  readonly slotCount?: number
  readonly caughtUnder?: readonly SamplingPreset[]
}

const everywhere: readonly SamplingPreset[] = ['sharedMemory', 'rxe', 'nicX86', 'minimal', 'bytes']
const weakCpus: readonly SamplingPreset[] = ['minimal', 'bytes']

/** The sound strategy that a control is, but for the parts it changes. */
function control(
  row: Row,
  sound: SlotsSchemeParts,
  change: Partial<SlotsSchemeParts>,
): SlotsControl {
  return { slotCount: 2, caughtUnder: everywhere, ...row, ...slotsScheme({ ...sound, ...change }) }
}

function owner(Placement: typeof SlotsPlacement): Partial<SlotsSchemeParts> {
  const placement: SlotsPlacementFactory = (memory, shape, kernels) =>
    new Placement(memory, shape, kernels, null)
  return { placement }
}

const oneLapMore: Partial<SlotsSchemeParts> = {
  reader: (shape, kernels) => new OneLapMoreReader(shape, kernels),
}

const rows: readonly SlotsControl[] = [
  control(
    {
      name: 'one-lap-more',
      claim: 'N slots keep N versions',
      looksRight: 'Version v + 1 goes into the other slot; v is overwritten by v + 2 only.',
      interleaving: 'the index says v + 1, and the slot of v is half of v + 2 already',
    },
    fencedParts,
    oneLapMore,
  ),
  control(
    {
      name: 'one-lap-more-of-three',
      claim: 'a ring of N slots may be accepted up to p₂ − p₁ ≤ N − 1',
      looksRight: 'N - 1 versions later the ring has not come round: that slot holds v.',
      interleaving: 'the index says v + 2, and the slot of v is half of v + 3 already',
      slotCount: 3,
    },
    fencedParts,
    oneLapMore,
  ),
  control(
    {
      name: 'index-once',
      claim: 'a slot that the index points to is not stored to',
      looksRight: 'The owner always stores into the other slot.',
      interleaving: 'index sampled, two publications begin, slot sampled',
    },
    fencedParts,
    { reader: (shape, kernels) => new IndexOnceReader(shape, kernels) },
  ),
  control(
    {
      name: 'unfenced-slots',
      claim: 'READs of one queue pair are executed in order',
      looksRight: 'They are answered in order, and an idle region never tells the difference.',
      interleaving: 'last index sampled first, then the slot while it is overwritten',
      caughtUnder: ['nicX86', 'minimal', 'bytes'],
    },
    fencedParts,
    { reader: (shape, kernels) => new UnfencedSlotsReader(shape, kernels) },
  ),
  control(
    {
      name: 'index-first',
      claim: 'it does not matter whether index or slot is stored first',
      looksRight: 'Both are stored before the call returns, and readers look at the index twice.',
      interleaving: 'both indices and a half-stored slot inside one publication',
    },
    fencedParts,
    owner(IndexFirst),
  ),
  control(
    {
      name: 'no-barrier-before-publish',
      claim: 'stores become visible in program order',
      looksRight: 'They do on x86, and nearly always elsewhere.',
      interleaving: 'index visible before the last bytes of its slot',
      caughtUnder: weakCpus,
    },
    fencedParts,
    owner(NoBarrierBeforePublish),
  ),
  control(
    {
      name: 'latch-no-barrier-after-publish',
      claim: 'a publication needs a barrier before it, and none after it',
      looksRight: 'What is published is whole; what comes next goes into the other slot.',
      interleaving:
        'the second publication overtakes the index of the first: it stores into the slot that the ' +
        'index, twice the same, still points to',
      caughtUnder: weakCpus,
    },
    fencedParts,
    owner(NoBarrierAfterPublish),
  ),
  control(
    {
      name: 'guess-without-index',
      claim: 'a slot that verifies is the present version',
      looksRight: 'One READ, proven by a hash that covers version and bytes.',
      interleaving: 'a newer version is in another slot: the old one verifies for a lap longer',
    },
    hashParts,
    { reader: (shape, kernels) => new GuessWithoutIndexReader(shape, kernels) },
  ),
  control(
    {
      name: 'unversioned-slot-hash',
      claim: 'the hash proves the payload, the version word beside it says which',
      looksRight: 'Both are in one slot, and the version was stored by the same owner.',
      interleaving: 'version sampled old, hash and payload sampled a lap later',
      // Not where lines are sampled whole: hash and version share one, and the hash is stored last.
      caughtUnder: ['sharedMemory', 'rxe', 'minimal', 'bytes'],
    },
    hashParts,
    {
      placement: (memory, shape, kernels) =>
        new SlotsPlacement(memory, shape, kernels, unversionedSlotSeal(shape, kernels)),
      reader: (shape, kernels) =>
        new HashSlotsReader(shape, kernels, unversionedSlotSeal(shape, kernels)),
    },
  ),
  control(
    {
      name: 'plain-index',
      claim: 'an 8-byte word is sampled in one piece',
      looksRight: 'It is, wherever copies move words; versions differ in one byte nearly always.',
      interleaving:
        'low byte of the index sampled at 0x080, the next one at 0x100: together 0x180, which is ' +
        'being stored while its slot is sampled',
      caughtUnder: ['bytes'],
    },
    fencedParts,
    {
      placement: plainIndexPlacement,
      reader: (shape, kernels) =>
        new FencedSlotsReader(shape, kernels, new PlainIndexCode(shape, kernels)),
    },
  ),
]

/** All negative controls of versioned slots by name. */
export const slotsControls: Readonly<Record<SlotsControlName, SlotsControl>> = Object.fromEntries(
  rows.map((row) => [row.name, row]),
) as Record<SlotsControlName, SlotsControl>
