// The worlds in which the strategies of versioned slots are explored: small enough for all schedules,
// each there for a reason of its own.
import type { OwnerStep } from '../protocol/owner-trace.ts'
import type { ReadPlan } from '../protocol/reader-program.ts'
import type { MatrixWorld, WorldScope } from './matrix-subject.ts'

const publish: OwnerStep = { kind: 'publish' }
const read: ReadPlan = { kind: 'read' }
const everywhere: readonly WorldScope[] = [{}]

/**
 * Byte by byte a world has many times the schedules. There the smaller worlds stand for their larger
 * likes.
 */
const wholeWords: readonly WorldScope[] = [{ granules: [64, 8] }]

function publications(count: number): readonly OwnerStep[] {
  return Array.from({ length: count }, () => publish)
}

/** A latch, a payload of two words, one read of one attempt. */
const latch = { slotCount: 2, payloadBytes: 16, reads: [read], attemptsMax: 1 } as const

export const slotsWorlds: readonly MatrixWorld[] = [
  {
    ...latch,
    name: 'latch',
    reason: 'The smallest ring: one publication, which leaves the slot being read alone.',
    ownerSteps: publications(1),
    scopes: wholeWords,
  },
  {
    ...latch,
    name: 'latch-byte',
    reason:
      'The same with a payload of one byte: the only world small enough for all schedules at ' +
      'granule 1, where each of the 8 bytes of an index, and of a seal, is old or new.',
    payloadBytes: 1,
    ownerSteps: publications(1),
    schedulesMax: 60_000,
    scopes: [{ granules: [1] }],
  },
  {
    ...latch,
    name: 'latch-lapped',
    reason: 'Two publications: the second one is stored over the slot that is being read.',
    payloadBytes: 8,
    ownerSteps: publications(2),
    scopes: everywhere,
  },
  {
    ...latch,
    name: 'latch-byte-lapped',
    reason:
      'Two publications of a byte that become visible at once, byte by byte in one READ: seal and ' +
      'version of the slot are old or new on their own. `fenced` looks at neither.',
    payloadBytes: 1,
    ownerSteps: [publish],
    publications: [2],
    atOnce: true,
    schedulesMax: 10_000,
    samples: 10_000,
    scopes: [{ strategies: ['hash'], granules: [1] }],
  },
  {
    ...latch,
    name: 'two-lines',
    reason:
      'The same in a slot of two 64-byte lines; smaller granules tear smaller payloads. Not on a weak ' +
      'CPU, where so many stores have too many orders: what their order does, the others show.',
    payloadBytes: 56,
    ownerSteps: publications(2),
    scopes: [{ granules: [64], cpus: ['tso'] }],
  },
  {
    ...latch,
    name: 'three-slots',
    reason: 'N - 1 publications: the oldest slot is promised to nobody, and stored over.',
    slotCount: 3,
    payloadBytes: 8,
    ownerSteps: publications(2),
    scopes: wholeWords,
  },
  {
    ...latch,
    name: 'three-slots-lapped',
    reason: 'N publications, each visible as a whole: the slot being read holds another version.',
    slotCount: 3,
    payloadBytes: 8,
    ownerSteps: publications(3),
    atOnce: true,
    scopes: wholeWords,
  },
  {
    ...latch,
    name: 'carry',
    reason:
      'Versions 0x080, 0x100 and, half stored, 0x180, which a mixture of the others would name if ' +
      'the index were a number. Publications become visible 128 at a time: this is about indices.',
    firstVersion: 0x80,
    ownerSteps: publications(2),
    publications: [0x80, 0x80],
    atOnce: true,
    scopes: [{ granules: [1] }],
  },
  {
    ...latch,
    name: 'retried',
    reason: 'A second attempt: what the first one learnt must not count.',
    payloadBytes: 1,
    ownerSteps: publications(2),
    attemptsMax: 2,
    schedulesMax: 60_000,
    scopes: wholeWords,
  },
  {
    ...latch,
    name: 'two-reads',
    reason: 'A second read that guesses from what the first one saw, during two publications.',
    payloadBytes: 1,
    ownerSteps: publications(2),
    reads: [read, read],
    schedulesMax: 150_000,
    scopes: everywhere,
  },
  {
    ...latch,
    name: 'if-changed',
    reason: '"Anything newer than what I hold?", answered by the index, during two publications.',
    payloadBytes: 1,
    ownerSteps: publications(2),
    reads: [read, { kind: 'if-changed' }],
    schedulesMax: 60_000,
    scopes: everywhere,
  },
  {
    ...latch,
    name: 'history',
    reason: 'An earlier version, one that is being overwritten, and one that does not exist yet.',
    slotCount: 3,
    payloadBytes: 1,
    ownerSteps: publications(2),
    reads: [
      { kind: 'version', version: 1 },
      { kind: 'version', version: 3 },
    ],
    scopes: everywhere,
  },
  {
    ...latch,
    name: 'given-back',
    reason: 'A loan that is filled and given back, then a publication into the same slot.',
    payloadBytes: 8,
    ownerSteps: [{ kind: 'abort', from: 0, length: 40 }, publish],
    scopes: wholeWords,
  },
  {
    ...latch,
    name: 'closed',
    reason: 'A publication, then the terminal mark.',
    payloadBytes: 1,
    ownerSteps: publications(1),
    close: true,
    scopes: everywhere,
  },
]
