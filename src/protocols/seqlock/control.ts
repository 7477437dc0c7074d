// What a negative control is, and the builders that make one: a scheme like the sound strategies',
// with a claim that does not hold. Invariant: a control differs from the right thing in one step.
import type { LocalMemory, MemoryKernels } from '../local-memory.ts'
import { WeakSealReader, ThreeReadReader, type ThreeReadFlaw } from './control-readers.ts'
import type { LayoutKind, SeqlockShape } from './layout.ts'
import { Plain, WORD_BYTES, imageBytes } from './layout.ts'
import type { PlacementFactory } from './placement.ts'
import { PlainPlacement, SealedPlacement } from './placement-plain.ts'
import { FencedReader } from './reader-fenced.ts'
import type { Sealer } from './seal.ts'
import type { SchemeParts, SeqlockScheme } from './strategies.ts'
import { seqlockScheme } from './strategies.ts'

/** Names of the sampling models' presets. */
export type SamplingPreset = 'sharedMemory' | 'rxe' | 'nicX86' | 'minimal' | 'bytes'

/** Which payloads and calls show the flaw. */
export type ControlWorkload =
  | 'writes'
  /** Writes that are aborted. */
  | 'aborts'
  /** Payloads whose words change places. */
  | 'swaps'
  /** As many writes as the tags can count fall into one READ. */
  | 'wraps'
  /** Reads before anything was written. */
  | 'zero-page'
  /** Payloads of changing length, zero-padded. */
  | 'messages'

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
  | 'lock-unchecked'
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
  | 'unlengthed-hash'
  | 'additive-checksum'
  | 'xor-checksum'

/** What is said of a control, beside what it is. */
export interface ControlText {
  /** The claim that does not hold. */
  readonly claim: string
  /** Why people believe it. */
  readonly looksRight: string
  /** How it ends in torn or mislabelled bytes. */
  readonly interleaving: string
  readonly caughtUnder: readonly SamplingPreset[]
}

export interface SeqlockControl extends SeqlockScheme, ControlText {
  readonly name: SeqlockControlName
  readonly workload: ControlWorkload
  /** Part of the torn-read bench. */
  readonly bench: boolean
}

export const everywhere: readonly SamplingPreset[] = [
  'sharedMemory',
  'rxe',
  'nicX86',
  'minimal',
  'bytes',
]

/** What a row says itself; the scheme is built. */
export interface ControlRow extends ControlText {
  readonly name: SeqlockControlName
  readonly workload?: ControlWorkload
  readonly bench?: boolean
}

export interface ControlChain {
  readonly roundTrips: number
  readonly remoteBytes?: (payloadBytes: number) => number
}

type Reader = SchemeParts['reader']

export const plainOwner: PlacementFactory = (memory, shape) => new PlainPlacement(memory, shape)
const fencedReader: Reader = (shape, kernels) => new FencedReader(shape, kernels)

export const threeReads: ControlChain = {
  roundTrips: 3,
  remoteBytes: (bytes) => bytes + 2 * WORD_BYTES,
}
export const oneRead: ControlChain = {
  roundTrips: 1,
  remoteBytes: (bytes) => bytes + Plain.payload - Plain.version,
}
export const oneImage: ControlChain = { roundTrips: 1 }

/** A control from its two sides. */
export function control(
  row: ControlRow,
  layout: LayoutKind,
  placement: PlacementFactory,
  reader: Reader,
  chain: ControlChain,
): SeqlockControl {
  const { roundTrips, remoteBytes = (bytes: number) => imageBytes(layout, bytes) } = chain
  const parts = { layout, roundTrips, chainLengthMax: 3, remoteBytes, placement, reader }
  return { workload: 'writes', bench: false, ...row, ...seqlockScheme(parts) }
}

/** Version, payload, version under a right owner, with a step of the reader left out. */
export function threeReadControl(row: ControlRow, flaw: ThreeReadFlaw): SeqlockControl {
  const reader: Reader = (shape) => new ThreeReadReader(shape, flaw)
  return control(row, 'plain', plainOwner, reader, {
    ...threeReads,
    roundTrips: flaw.unfenced === true ? 1 : 3,
  })
}

/** The right reader of `fenced` under an owner that leaves a step out. */
export function ownerControl(
  row: ControlRow,
  Placement: new (memory: LocalMemory, shape: SeqlockShape) => PlainPlacement,
): SeqlockControl {
  const owner: PlacementFactory = (memory, shape) => new Placement(memory, shape)
  return control(row, 'plain', owner, fencedReader, threeReads)
}

/** One READ proven by a seal that does not prove it. */
export function sealControl(
  row: ControlRow,
  seal: (shape: SeqlockShape, kernels: MemoryKernels) => Sealer,
  zeroAccepted = false,
): SeqlockControl {
  return control(
    row,
    'plain',
    (memory, shape, kernels) => new SealedPlacement(memory, shape, seal(shape, kernels)),
    (shape, kernels) => new WeakSealReader(shape, seal(shape, kernels), zeroAccepted),
    oneImage,
  )
}
