// The table of negative controls of RCU cells. Each breaks one claim of the right parties; the property
// tests fail unless each is caught under the models it is said to be caught under, and is not under the
// others. What a control is caught by is its `world`:
//  - `reads`: an owner that reuses memory at once, and readers without pins;
//  - `pins`: an owner that reclaims, and readers with pins whose leases are long;
//  - `leases`: the same with leases that run out, and READs and WRITEs that take long;
//  - `writes`: an owner and writers that swap the word.
import type { ControlText, SamplingPreset } from '../seqlock/controls.ts'
import {
  CheckedBeforeReader,
  CpuSwap,
  EarlyReclaimer,
  EarlySeenTable,
  KeptBytesWriter,
  LateRow,
  NoBarrierBeforePublish,
  PinApartReader,
  PlaceCode,
  UncheckedSwap,
  UndrainedPlacement,
  UnfencedReader,
  UnfencedReclaimer,
  WordOnceReader,
} from './control-parts.ts'
import { CellOwner, type CellOwnerParts } from './owner.ts'
import { OwnerSwap } from './owner-swap.ts'
import { CellPlacement } from './placement.ts'
import { ValidatedReader } from './reader-validated.ts'
import { type CellScheme, soundCell } from './scheme.ts'
import { CellWriter } from './writer.ts'

export type CellControlName =
  | 'word-once'
  | 'unfenced-word'
  | 'word-without-generation'
  | 'object-without-barrier'
  | 'pin-apart'
  | 'scan-without-fence'
  | 'reclaim-one-early'
  | 'lease-checked-before'
  | 'late-renewal'
  | 'first-seen-before-look'
  | 'expired-after-look'
  | 'cpu-compare-and-swap'
  | 'object-not-drained'
  | 'unchecked-swap'
  | 'bytes-kept-on-retry'

export type CellControlWorld = 'reads' | 'pins' | 'leases' | 'writes'

export interface CellControl extends CellScheme, ControlText {
  readonly name: CellControlName
  readonly world: CellControlWorld
  /** The driver of the owner samples the clock of a look after its loads, not before. */
  readonly clockAfterLook: boolean
}

type Row = Omit<ControlText, 'caughtUnder'> & {
  readonly name: CellControlName
  readonly world: CellControlWorld
  readonly caughtUnder?: readonly SamplingPreset[]
  readonly clockAfterLook?: boolean
}

const everywhere: readonly SamplingPreset[] = ['sharedMemory', 'rxe', 'nicX86', 'minimal', 'bytes']
const unordered: readonly SamplingPreset[] = ['nicX86', 'minimal', 'bytes']
const weakCpus: readonly SamplingPreset[] = ['minimal', 'bytes']
const apartAtomics: readonly SamplingPreset[] = ['rxe', 'nicX86', 'minimal', 'bytes']

function control(row: Row, change: Partial<CellScheme> = {}): CellControl {
  return { caughtUnder: everywhere, clockAfterLook: false, ...row, ...soundCell, ...change }
}

/** The right parties with an owner of which one part is exchanged. */
function owner(parts: CellOwnerParts): Partial<CellScheme> {
  return {
    createOwner: (memory, shape, kernels, options) =>
      new CellOwner(memory, shape, kernels, options, parts),
  }
}

const cpuSwap: Partial<CellScheme> = {
  createSwap: (made) => new OwnerSwap(made, new CpuSwap(made.memory)),
}

const withoutGeneration: Partial<CellScheme> = {
  ...owner({
    placement: (memory, shape, kernels) =>
      new CellPlacement(memory, shape, kernels, new PlaceCode(shape, kernels)),
  }),
  createReader: (shape, kernels) =>
    new ValidatedReader(shape, kernels, new PlaceCode(shape, kernels)),
}

const readControls: readonly CellControl[] = [
  control(
    {
      name: 'word-once',
      world: 'reads',
      claim: 'an object that says which word published it is the one',
      looksRight: 'Word and object agree on the version, and the version never recurs.',
      interleaving: 'header sampled; the object is replaced and stored over; payload sampled',
    },
    { createReader: (shape, kernels) => new WordOnceReader(shape, kernels) },
  ),
  control(
    {
      name: 'unfenced-word',
      world: 'reads',
      claim: 'READs of one queue pair are executed in order',
      looksRight: 'They are answered in order, and an idle cell never tells the difference.',
      interleaving: 'last word sampled first, then the object while it is stored over',
      caughtUnder: unordered,
    },
    { createReader: (shape, kernels) => new UnfencedReader(shape, kernels) },
  ),
  control(
    {
      name: 'word-without-generation',
      world: 'reads',
      claim: 'a word that is the same before and after was the same in between',
      looksRight: 'It is a pointer, and the pointer did not change.',
      interleaving: 'two publications in between: the second one uses the first one’s memory again',
    },
    withoutGeneration,
  ),
  control(
    {
      name: 'object-without-barrier',
      world: 'reads',
      claim: 'stores become visible in program order',
      looksRight: 'They do on x86, and nearly always elsewhere.',
      interleaving: 'word visible before the last bytes of its object',
      caughtUnder: weakCpus,
    },
    owner({
      placement: (memory, shape, kernels) => new NoBarrierBeforePublish(memory, shape, kernels),
    }),
  ),
]

const pinControls: readonly CellControl[] = [
  control(
    {
      name: 'pin-apart',
      world: 'pins',
      claim: 'what was posted first lands first',
      looksRight:
        'The pin is posted before the word is read, and its completion need not be awaited.',
      interleaving: 'word sampled; swap, scan and reuse; the pin lands',
    },
    {
      createPinned: (shape, kernels, row, clock) => new PinApartReader(shape, kernels, row, clock),
    },
  ),
  control(
    {
      name: 'scan-without-fence',
      world: 'pins',
      claim: 'a swap that was stored is visible when the owner looks at the rows',
      looksRight: 'Store first, then load: on x86 everything else stays in order.',
      interleaving: 'rows looked at while the swap is in the store buffer; pin; old word sampled',
    },
    owner({ reclaimer: (...args) => new UnfencedReclaimer(...args) }),
  ),
  control(
    {
      name: 'reclaim-one-early',
      world: 'pins',
      claim: 'a reader of epoch r − 1 no longer sees what version r replaced',
      looksRight: 'The epoch is a version that the reader knew; it will find a newer one.',
      interleaving: 'pin with epoch r − 1, word of r − 1 sampled, swap to r, reclaim',
    },
    owner({ reclaimer: (...args) => new EarlyReclaimer(...args) }),
  ),
]

const leaseControls: readonly CellControl[] = [
  control(
    {
      name: 'lease-checked-before',
      world: 'leases',
      claim: 'a READ that was posted within the lease is protected by it',
      looksRight: 'READs take microseconds, leases a second.',
      interleaving: 'READ posted, or repeated after a loss; lease runs out; reuse; samples',
    },
    {
      createPinned: (shape, kernels, row, clock) =>
        new CheckedBeforeReader(shape, kernels, row, clock),
    },
  ),
  control(
    {
      name: 'late-renewal',
      world: 'leases',
      claim: 'a renewal that was posted within the lease extends it',
      looksRight: 'The owner finds the new sequence in the row, and counts anew.',
      interleaving: 'renewal posted; lease runs out; scan and reuse; renewal lands; guard read',
    },
    { createRow: (row, leaseMs) => new LateRow(row, leaseMs) },
  ),
  control(
    {
      name: 'first-seen-before-look',
      world: 'leases',
      claim: 'the clock before a look says since when the pin stands there, at the latest',
      looksRight: 'One clock for each look, sampled before it, for both ends of the interval.',
      interleaving: 'clock sampled; owner stopped; pin; look; the next scan finds it too old',
    },
    owner({ readers: (...args) => new EarlySeenTable(...args) }),
  ),
  control({
    name: 'expired-after-look',
    world: 'leases',
    claim: 'the clock after a look says how long the pin has stood there, at the latest',
    looksRight: 'The row is as it was, and the lease has run out.',
    interleaving: 'row looked at; renewal lands in time; owner stopped; clock sampled; reuse',
    clockAfterLook: true,
  }),
]

const writeControls: readonly CellControl[] = [
  control(
    {
      name: 'cpu-compare-and-swap',
      world: 'writes',
      claim: 'a compare-and-swap is atomic, whoever executes it',
      looksRight: 'It is atomic for all CPUs, and the NIC’s is for all NICs’ peers.',
      interleaving: 'NIC loads the word, CPU swaps it, NIC stores: the CPU’s version is lost',
      caughtUnder: apartAtomics,
    },
    cpuSwap,
  ),
  control(
    {
      name: 'object-not-drained',
      world: 'writes',
      claim: 'what was stored before a swap was posted is visible when it is executed',
      looksRight: 'A barrier between the object and the publication, as without writers.',
      interleaving: 'header drained, payload in the store buffer; the NIC swaps; a reader follows',
      caughtUnder: weakCpus,
    },
    owner({
      placement: (memory, shape, kernels) => new UndrainedPlacement(memory, shape, kernels),
    }),
  ),
  control(
    {
      name: 'unchecked-swap',
      world: 'writes',
      claim: 'a compare-and-swap that completed has succeeded',
      looksRight: 'Its completion has status 0.',
      interleaving: 'two writers swap the same word: both say that they have published',
    },
    {
      createWriter: (shape, kernels, writer) =>
        new CellWriter(shape, kernels, writer, new UncheckedSwap()),
    },
  ),
  control(
    {
      name: 'bytes-kept-on-retry',
      world: 'writes',
      claim: 'an update that was overtaken may be tried again as it is',
      looksRight: 'The new word is expected, and the swap succeeds.',
      interleaving:
        'computed from version v, published as the successor of v + 1: that one is lost',
    },
    { createWriter: (shape, kernels, writer) => new KeptBytesWriter(shape, kernels, writer) },
  ),
]

/** All negative controls of RCU cells by name. */
export const cellControls: Readonly<Record<CellControlName, CellControl>> = Object.fromEntries(
  [...readControls, ...pinControls, ...leaseControls, ...writeControls].map((row) => [
    row.name,
    row,
  ]),
) as Record<CellControlName, CellControl>
