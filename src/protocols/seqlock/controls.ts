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
import type { LocalMemory, MemoryKernels } from '../local-memory.ts'
import type { SeqlockShape } from './layout.ts'
import { Plain, WORD_BYTES, imageBytes } from './layout.ts'
import type { LayoutKind } from './layout.ts'
import {
  BothEndsPlacement,
  NoBarrierAfterOddPlacement,
  NoBarrierBeforeEvenPlacement,
  NoOddPhasePlacement,
  SameVersionAbortPlacement,
  ShortTagPlacement,
  TagFirstLinesPlacement,
  TrailingVersionPlacement,
} from './control-placements.ts'
import {
  BothEndsReader,
  DataThenVersionReader,
  NaiveReader,
  ShortTagReader,
  ThreeReadReader,
  VersionThenDataReader,
  VersionWithDataReader,
  WeakSealReader,
} from './control-readers.ts'
import type { PlacementFactory } from './placement.ts'
import { PlainPlacement, SealedPlacement } from './placement-plain.ts'
import { FencedReader } from './reader-fenced.ts'
import { LinesReader } from './reader-lines.ts'
import type { Sealer } from './seal.ts'
import type { SeqlockScheme, SchemeParts } from './strategies.ts'
import { seqlockScheme, seqlockStrategies } from './strategies.ts'
import { additiveSeal, unversionedSeal, zeroSeedSeal } from './weak-seals.ts'

/** Names of the sampling models' presets. */
export type SamplingPreset = 'sharedMemory' | 'rxe' | 'nicX86' | 'minimal' | 'bytes'

/** Which payloads and calls show the flaw. */
export type ControlWorkload = 'writes' | 'aborts' | 'swaps' | 'wraps' | 'zero-page'

export type SeqlockControlName =
  | 'naive'
  | 'version-with-data'
  | 'data-then-version'
  | 'version-then-data'
  | 'both-ends'
  | 'unfenced'
  | 'no-odd-phase'
  | 'parity-unchecked'
  | 'parity-only'
  | 'no-barrier-after-odd'
  | 'no-barrier-before-even'
  | 'header-kept'
  | 'abort-same-version'
  | 'lines-on-words'
  | 'lines-tag-first'
  | 'tags-4'
  | 'tags-8'
  | 'tags-16'
  | 'zero-seed-hash'
  | 'unversioned-hash'
  | 'additive-checksum'

export interface SeqlockControl extends SeqlockScheme {
  readonly name: SeqlockControlName
  /** The claim that does not hold. */
  readonly claim: string
  /** How it ends in torn or mislabelled bytes. */
  readonly interleaving: string
  readonly caughtUnder: readonly SamplingPreset[]
  readonly workload: ControlWorkload
  /** Part of the torn-read bench. */
  readonly bench: boolean
}

const everywhere: readonly SamplingPreset[] = ['sharedMemory', 'rxe', 'nicX86', 'minimal', 'bytes']
const withoutNicOrder: readonly SamplingPreset[] = ['nicX86', 'minimal', 'bytes']

type Reader = SchemeParts['reader']

const plainOwner: PlacementFactory = (memory, shape) => new PlainPlacement(memory, shape)
const bothEndsOwner: PlacementFactory = (memory, shape) => new BothEndsPlacement(memory, shape)
const fencedReader: Reader = (shape, kernels) => new FencedReader(shape, kernels)

function control(
  row: Omit<SeqlockControl, keyof SeqlockScheme | 'workload' | 'bench'> & {
    readonly workload?: ControlWorkload
    readonly bench?: boolean
  },
  layout: LayoutKind,
  placement: PlacementFactory,
  reader: Reader,
  chain: { roundTrips: number; remoteBytes?: (payloadBytes: number) => number },
): SeqlockControl {
  const { roundTrips, remoteBytes = (bytes: number) => imageBytes(layout, bytes) } = chain
  const parts = { layout, roundTrips, chainLengthMax: 3, remoteBytes, placement, reader }
  return { workload: 'writes', bench: false, ...row, ...seqlockScheme(parts) }
}

const threeReads = { roundTrips: 3, remoteBytes: (bytes: number): number => bytes + 2 * WORD_BYTES }
const oneRead = {
  roundTrips: 1,
  remoteBytes: (bytes: number): number => bytes + Plain.payload - Plain.version,
}
const oneImage = { roundTrips: 1 }

function threeReadControl(
  row: Parameters<typeof control>[0],
  flaw: ConstructorParameters<typeof ThreeReadReader>[1],
): SeqlockControl {
  const reader: Reader = (shape) => new ThreeReadReader(shape, flaw)
  return control(row, 'plain', plainOwner, reader, {
    ...threeReads,
    roundTrips: flaw.unfenced === true ? 1 : 3,
  })
}

function ownerControl(
  row: Parameters<typeof control>[0],
  Placement: new (memory: LocalMemory, shape: SeqlockShape) => PlainPlacement,
): SeqlockControl {
  const owner: PlacementFactory = (memory, shape) => new Placement(memory, shape)
  return control(row, 'plain', owner, fencedReader, threeReads)
}

function sealControl(
  row: Parameters<typeof control>[0],
  seal: (shape: SeqlockShape, kernels: MemoryKernels) => Sealer,
  zeroAccepted: boolean,
): SeqlockControl {
  return control(
    row,
    'plain',
    (memory, shape, kernels) => new SealedPlacement(memory, shape, seal(shape, kernels)),
    (shape, kernels) => new WeakSealReader(shape, seal(shape, kernels), zeroAccepted),
    oneImage,
  )
}

function shortTags(name: SeqlockControlName, tagBits: number): SeqlockControl {
  return control(
    {
      name,
      claim: `${tagBits} bits of version in every word are enough`,
      interleaving: `words of version v and of v + ${2 ** (tagBits + 1)} in one READ`,
      caughtUnder: everywhere,
      workload: 'wraps',
    },
    'words',
    (memory, shape) => new ShortTagPlacement(memory, shape, tagBits),
    (shape, kernels) => new ShortTagReader(shape, kernels, tagBits),
    oneImage,
  )
}

const rows: readonly SeqlockControl[] = [
  control(
    {
      name: 'naive',
      claim: 'one READ returns one version',
      interleaving: 'any store of a write between two samples',
      caughtUnder: everywhere,
      bench: true,
    },
    'plain',
    plainOwner,
    (shape) => new NaiveReader(shape),
    oneRead,
  ),
  control(
    {
      name: 'version-with-data',
      claim: 'a version word that came with the data tells the version of the data',
      interleaving:
        'payload sampled old, a whole write, version sampled new, rest sampled new; the second ' +
        'READ of the version agrees',
      caughtUnder: everywhere,
      bench: true,
    },
    'plain',
    plainOwner,
    (shape) => new VersionWithDataReader(shape),
    { roundTrips: 2, remoteBytes: (bytes) => bytes + 3 * WORD_BYTES },
  ),
  control(
    {
      name: 'data-then-version',
      claim: 'a trailing version that came with the data, and has not moved since, is its version',
      interleaving:
        'payload sampled old, a whole write, the rest and the version sampled new; the second READ ' +
        'of the version agrees',
      caughtUnder: everywhere,
      bench: true,
    },
    'both-ends',
    (memory, shape) => new TrailingVersionPlacement(memory, shape),
    (shape) => new DataThenVersionReader(shape),
    { roundTrips: 2, remoteBytes: (bytes) => bytes + 2 * WORD_BYTES },
  ),
  control(
    {
      name: 'version-then-data',
      claim: 'a version that came with the data tells that no write began meanwhile',
      interleaving: 'trailing version sampled before the payload it stands behind',
      caughtUnder: everywhere,
    },
    'both-ends',
    bothEndsOwner,
    (shape) => new VersionThenDataReader(shape),
    { roundTrips: 2, remoteBytes: (bytes) => imageBytes('both-ends', bytes) },
  ),
  control(
    {
      name: 'both-ends',
      claim: 'equal versions at both ends of one READ enclose one version',
      interleaving: 'both ends sampled first, the payload during a later write',
      caughtUnder: everywhere,
      bench: true,
    },
    'both-ends',
    bothEndsOwner,
    (shape) => new BothEndsReader(shape),
    oneImage,
  ),
  threeReadControl(
    {
      name: 'unfenced',
      claim: 'READs of one queue pair are sampled in the order they were posted',
      interleaving: 'last version sampled first, the payload during a later write',
      caughtUnder: withoutNicOrder,
      bench: true,
    },
    { unfenced: true },
  ),
  ownerControl(
    {
      name: 'no-odd-phase',
      claim: 'a version that moves after the payload is enough',
      interleaving: 'both versions and a half-stored payload inside one write',
      caughtUnder: everywhere,
    },
    NoOddPhasePlacement,
  ),
  threeReadControl(
    {
      name: 'parity-unchecked',
      claim: 'equal versions are enough',
      interleaving: 'all three READs inside one write',
      caughtUnder: everywhere,
    },
    { parityUnchecked: true },
  ),
  threeReadControl(
    {
      name: 'parity-only',
      claim: 'two even versions are enough',
      interleaving: 'a write begins after the first version and ends before the last',
      caughtUnder: everywhere,
    },
    { equalityUnchecked: true },
  ),
  ownerControl(
    {
      name: 'no-barrier-after-odd',
      claim: 'stores become visible in program order',
      interleaving: 'payload visible before the odd mark',
      caughtUnder: ['minimal', 'bytes'],
    },
    NoBarrierAfterOddPlacement,
  ),
  ownerControl(
    {
      name: 'no-barrier-before-even',
      claim: 'stores become visible in program order',
      interleaving: 'even version visible before the last payload words',
      caughtUnder: ['minimal', 'bytes'],
    },
    NoBarrierBeforeEvenPlacement,
  ),
  threeReadControl(
    {
      name: 'header-kept',
      claim: 'what a first attempt learnt of the header still holds in the second',
      interleaving: 'a write between two attempts: new bytes under the old version',
      caughtUnder: everywhere,
    },
    { headerKept: true },
  ),
  ownerControl(
    {
      name: 'abort-same-version',
      claim: 'restoring the old bytes restores the old version',
      interleaving: 'payload sampled during the aborted write, versions before and after it',
      caughtUnder: everywhere,
      workload: 'aborts',
    },
    SameVersionAbortPlacement,
  ),
  {
    ...seqlockStrategies.lines,
    name: 'lines-on-words',
    claim: 'a 64-byte line is sampled in one piece',
    interleaving: 'tag sampled old, a later word of the line sampled new',
    caughtUnder: ['sharedMemory', 'rxe', 'minimal', 'bytes'],
    workload: 'writes',
    bench: false,
  },
  control(
    {
      name: 'lines-tag-first',
      claim: 'the new tag may be stored before the bytes it stands for',
      interleaving: 'line sampled with new tag and old bytes',
      caughtUnder: everywhere,
    },
    'lines',
    (memory, shape) => new TagFirstLinesPlacement(memory, shape),
    (shape, kernels) => new LinesReader(shape, kernels),
    oneImage,
  ),
  shortTags('tags-4', 4),
  shortTags('tags-8', 8),
  shortTags('tags-16', 16),
  sealControl(
    {
      name: 'zero-seed-hash',
      claim: 'memory that verifies was written',
      interleaving: 'none: a zero page verifies as version 0',
      caughtUnder: everywhere,
      workload: 'zero-page',
    },
    () => zeroSeedSeal(),
    true,
  ),
  sealControl(
    {
      name: 'unversioned-hash',
      claim: 'bytes that verify belong to the version beside them',
      interleaving: 'version sampled a write later than seal and payload',
      caughtUnder: ['sharedMemory', 'minimal', 'bytes'],
    },
    (shape, kernels) => unversionedSeal(shape, kernels),
    false,
  ),
  sealControl(
    {
      name: 'additive-checksum',
      claim: 'a sum of all words tells them from others',
      interleaving: 'some words of two versions that differ by words changing places',
      caughtUnder: everywhere,
      workload: 'swaps',
    },
    () => additiveSeal(),
    false,
  ),
]

/** All negative controls by name. */
export const negativeControls: Readonly<Record<SeqlockControlName, SeqlockControl>> =
  Object.fromEntries(rows.map((row) => [row.name, row])) as Record<
    SeqlockControlName,
    SeqlockControl
  >
