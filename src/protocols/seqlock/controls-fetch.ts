// Negative controls whose readers fetch or compare wrongly, under owners that are right.
import {
  BothEndsPlacement,
  LockedPlacement,
  TrailingVersionPlacement,
} from './control-placements.ts'
import {
  BothEndsReader,
  DataThenVersionReader,
  LockUncheckedReader,
  NaiveReader,
  VersionThenDataReader,
  VersionWithDataReader,
} from './control-readers.ts'
import {
  type SeqlockControl,
  control,
  everywhere,
  oneImage,
  oneRead,
  plainOwner,
  threeReadControl,
} from './control.ts'
import { WORD_BYTES, imageBytes } from './layout.ts'
import type { PlacementFactory } from './placement.ts'

const bothEndsOwner: PlacementFactory = (memory, shape) => new BothEndsPlacement(memory, shape)

export const oneReadControls: readonly SeqlockControl[] = [
  control(
    {
      name: 'naive',
      claim: 'one READ returns one version',
      looksRight: 'One operation, one answer: an idle region never gives anything else.',
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
      looksRight:
        'The version is odd during a write and is looked at twice; where a READ ascends it is ' +
        'sampled before the payload, as `fenced` does it.',
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
      looksRight: 'Whoever has the last word of a READ has everything before it.',
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
      looksRight:
        'A fenced READ of the front version, then payload and trailing version: the order is right ' +
        'wherever a READ ascends.',
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
      looksRight:
        'The owner stores the back first and the front last, so an ascending READ that finds them ' +
        'equal really has enclosed the payload.',
      interleaving: 'both ends sampled first, the payload during a later write',
      caughtUnder: everywhere,
      bench: true,
    },
    'both-ends',
    bothEndsOwner,
    (shape) => new BothEndsReader(shape),
    oneImage,
  ),
]

export const compareControls: readonly SeqlockControl[] = [
  threeReadControl(
    {
      name: 'unfenced',
      claim: 'READs of one queue pair are sampled in the order they were posted',
      looksRight: 'They complete in that order, and over rxe they are sampled in it.',
      interleaving: 'last version sampled first, the payload during a later write',
      caughtUnder: ['nicX86', 'minimal', 'bytes'],
      bench: true,
    },
    { unfenced: true },
  ),
  threeReadControl(
    {
      name: 'parity-unchecked',
      claim: 'equal versions are enough',
      looksRight: 'Every write moves the version twice, so equal versions say that none ended.',
      interleaving: 'all three READs inside one write',
      caughtUnder: everywhere,
    },
    { parityUnchecked: true },
  ),
  threeReadControl(
    {
      name: 'parity-only',
      claim: 'two even versions are enough',
      looksRight: 'No write was in progress when the payload was asked for, and none is now.',
      interleaving: 'a write begins after the first version and ends before the last',
      caughtUnder: everywhere,
    },
    { equalityUnchecked: true },
  ),
  control(
    {
      name: 'lock-unchecked',
      claim: 'a version that has not moved says that nobody has written',
      looksRight:
        'The lock was free and the version is compared, as in optimistic validation; but the owner ' +
        'moves the version last, after the payload.',
      interleaving: 'the lock taken and payload stored after the check, version still the old one',
      caughtUnder: everywhere,
    },
    'plain',
    (memory, shape) => new LockedPlacement(memory, shape),
    (shape) => new LockUncheckedReader(shape),
    { roundTrips: 3, remoteBytes: (bytes) => bytes + 3 * WORD_BYTES },
  ),
  threeReadControl(
    {
      name: 'header-kept',
      claim: 'what a first attempt learnt of the header still holds in the second',
      looksRight: 'Only the payload was torn, so only the payload has to be fetched again.',
      interleaving: 'a write between two attempts: new bytes under the old version',
      caughtUnder: everywhere,
    },
    { headerKept: true },
  ),
]
