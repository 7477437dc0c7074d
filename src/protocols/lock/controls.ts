// The table of negative controls of locked regions. Each breaks one claim; the property tests fail
// unless each is caught under the models it is said to be caught under, and is not under the others.
// `caughtUnder` is computed: test/property explores every control in a small world under every preset.
//
// Not in the table, because machines of this library cannot even express it: a lock word that is freed by
// a WRITE while others fetch-and-add to it (litmus programs 23 and 24 have it).
//
// Nor is an acquisition whose READ is not fenced: it is right wherever words are sampled in one piece, since
// a compare-and-swap that hits proves that nobody had the lock since the version was seen (acquire.ts).
//
// That holders stand in the word is no matter of safety: versions alone tell every acquisition from
// every other. It tells the owner whom to evict.
import type { ControlText, SamplingPreset } from '../seqlock/controls.ts'
import {
  LockBlindReader,
  OneWriteRelease,
  QuietAcquire,
  QuietRelease,
  SameVersionRepair,
  ShadowLastRelease,
  ShadowlessRelease,
} from './control-machines.ts'
import { type LockScheme, lockScheme } from './strategies.ts'

export type LockControlName =
  | 'no-shadow'
  | 'shadow-last'
  | 'unlock-in-write'
  | 'holder-unchecked'
  | 'repair-same-version'
  | 'evicted-alive'
  | 'repaired-first'
  | 'release-again'
  | 'owner-cpu-swap'

/** What the parties do beside running their machines, and which of it the control does wrongly. */
export type LockConduct =
  | 'sound'
  /** The owner repairs, and leaves the queue pair of the evicted holder as it is. */
  | 'evicts-alive'
  /** The owner repairs first, and destroys the queue pair then. */
  | 'repairs-first'
  /** A holder whose connection broke posts its release again on another one. */
  | 'releases-again'
  /** The owner takes and frees the lock by instructions of its CPU. */
  | 'owner-cpu'

export interface LockControl extends LockScheme, ControlText {
  readonly name: LockControlName
  readonly conduct: LockConduct
}

type Row = Omit<ControlText, 'caughtUnder'> & {
  readonly name: LockControlName
  readonly conduct?: LockConduct
  readonly caughtUnder?: readonly SamplingPreset[]
}

const everywhere: readonly SamplingPreset[] = ['sharedMemory', 'rxe', 'nicX86', 'minimal', 'bytes']

function control(row: Row, change: Partial<LockScheme> = {}): LockControl {
  return {
    conduct: 'sound',
    caughtUnder: everywhere,
    ...row,
    ...lockScheme('fenced'),
    ...change,
  }
}

const plain = { sealed: false }

const rows: readonly LockControl[] = [
  control(
    {
      name: 'no-shadow',
      claim: 'under the lock, the payload may be overwritten',
      looksRight: 'Nobody reads it meanwhile, and the holder frees the lock when it is whole.',
      interleaving: 'the holder dies half-way; whoever frees the lock frees a torn payload',
    },
    { createRelease: (shape, kernels) => new ShadowlessRelease(shape, kernels, plain) },
  ),
  control(
    {
      name: 'shadow-last',
      claim: 'it does not matter whether the copy or the payload is written first',
      looksRight: 'Both are in memory before the lock is free.',
      interleaving: 'the holder dies in the payload, and there is no copy yet',
    },
    { createRelease: (shape, kernels) => new ShadowLastRelease(shape, kernels, plain) },
  ),
  control(
    {
      name: 'unlock-in-write',
      claim: 'one WRITE brings payload and version at once',
      looksRight: 'It is one operation, one completion, and often one packet.',
      interleaving: 'the version is placed first, and the payload is read before it is there',
    },
    { createRelease: (shape, kernels) => new OneWriteRelease(shape, kernels, plain) },
  ),
  control(
    {
      name: 'holder-unchecked',
      claim: 'a version that has not moved means bytes that have not moved',
      looksRight: 'Every publication bumps it, and readers compare it before and after.',
      interleaving: 'the payload read amid a publication, whose version comes last',
    },
    {
      createReader: (shape, kernels) => new LockBlindReader(shape, kernels),
      createAcquire: (shape, kernels, holder) => new QuietAcquire(shape, kernels, holder),
      createRelease: (shape, kernels) => new QuietRelease(shape, kernels, plain),
    },
  ),
  control(
    {
      name: 'repair-same-version',
      claim: 'an acquisition that is ended by others leaves the version as it was',
      looksRight: 'Nothing was published by it.',
      interleaving: 'version read, payload read amid the rolling forward, the same version again',
    },
    { createRepair: (shape, kernels) => new SameVersionRepair(shape, kernels, plain) },
  ),
  control({
    name: 'evicted-alive',
    claim: 'a holder whose lease is over does not write any more',
    looksRight: 'It is dead, or it will see that the lock is not its own.',
    interleaving: 'its WRITE was on the way, and lands in the payload of the next holder',
    conduct: 'evicts-alive',
  }),
  control({
    name: 'repaired-first',
    claim: 'it does not matter whether the queue pair is destroyed before the repair or after it',
    looksRight: 'In the end both are done.',
    interleaving: 'the repair looks, the holder’s WRITEs land, the repair frees what it saw',
    conduct: 'repairs-first',
  }),
  control({
    name: 'release-again',
    claim: 'what was lost with a connection can be sent again on the next one',
    looksRight: 'The compare-and-swap at its end misses if the lock is somebody else’s by now.',
    interleaving: 'the WRITEs before it do not ask: they land in the payload of the next holder',
    conduct: 'releases-again',
  }),
  control({
    name: 'owner-cpu-swap',
    claim: 'the owner may use atomic instructions on its own memory',
    looksRight: 'They are atomic, and so are those of the NIC.',
    interleaving: 'the NIC loads a free word, the CPU takes the lock, the NIC stores its holder',
    caughtUnder: ['rxe', 'nicX86', 'minimal', 'bytes'],
    conduct: 'owner-cpu',
  }),
]

/** All negative controls of locked regions by name. */
export const lockControls: Readonly<Record<LockControlName, LockControl>> = Object.fromEntries(
  rows.map((row) => [row.name, row]),
) as Record<LockControlName, LockControl>
