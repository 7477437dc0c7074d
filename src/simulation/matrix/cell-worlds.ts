// The worlds in which reads of an RCU cell are explored: small enough for all schedules, each there for a
// reason of its own. There is room for two objects, and each publication but the first is stored over
// what the last but one was, as early as it ever may be: no reader has a pin.
import type { OwnerStep } from '../protocol/owner-trace.ts'
import type { ReadPlan } from '../protocol/reader-program.ts'
import type { MatrixWorld, WorldScope } from './matrix-subject.ts'

const publish: OwnerStep = { kind: 'publish' }
const read: ReadPlan = { kind: 'read' }
const everywhere: readonly WorldScope[] = [{}]
/** Byte by byte a world has many times the schedules. There the smaller worlds stand for the larger. */
const wholeWords: readonly WorldScope[] = [{ granules: [64, 8] }]

const small = { payloadBytes: 8, reads: [read], attemptsMax: 1 } as const

export const cellWorlds: readonly MatrixWorld[] = [
  {
    ...small,
    name: 'one-publication',
    reason: 'The smallest: one publication, which leaves the object being read alone.',
    payloadBytes: 16,
    ownerSteps: [publish],
    scopes: wholeWords,
  },
  {
    ...small,
    name: 'one-byte',
    reason:
      'The same with a payload of one byte: the world with the fewest schedules at granule 1, where ' +
      'each byte of a word, and of an object’s header, is old or new.',
    payloadBytes: 1,
    ownerSteps: [publish],
    schedulesMax: 60_000,
    scopes: [{ granules: [1] }],
  },
  {
    ...small,
    name: 'reused',
    reason: 'Two publications: the second one is stored over the object that is being read.',
    payloadBytes: 16,
    ownerSteps: [publish, publish],
    scopes: wholeWords,
  },
  {
    ...small,
    name: 'reused-bytes',
    reason: 'The same with a payload of two bytes.',
    payloadBytes: 2,
    ownerSteps: [publish, publish],
    samples: 4000,
    scopes: [{ granules: [1] }],
  },
  {
    ...small,
    name: 'two-lines',
    reason:
      'The same in an object of two 64-byte lines; smaller granules tear smaller payloads. Not on a ' +
      'weak CPU, where so many stores have too many orders: what their order does, the others show.',
    payloadBytes: 56,
    ownerSteps: [publish, publish],
    scopes: [{ granules: [64], cpus: ['tso'] }],
  },
  {
    ...small,
    name: 'carry',
    reason:
      'Versions 0x080, 0x100 and, half stored, 0x180, which a mixture of the others would name if ' +
      'the word were a number. Publications become visible 128 at a time: this is about words.',
    payloadBytes: 1,
    firstVersion: 0x80,
    ownerSteps: [publish, publish],
    publications: [0x80, 0x80],
    atOnce: true,
    scopes: [{ granules: [1] }],
  },
  {
    ...small,
    name: 'retried',
    reason: 'A second attempt: what the first one learnt must not count.',
    ownerSteps: [publish, publish],
    attemptsMax: 2,
    schedulesMax: 100_000,
    scopes: wholeWords,
  },
  {
    ...small,
    name: 'two-reads',
    reason: 'A second read that guesses from the word that the first one saw.',
    ownerSteps: [publish, publish],
    reads: [read, read],
    schedulesMax: 200_000,
    scopes: everywhere,
  },
  {
    ...small,
    name: 'if-changed',
    reason: '"Anything newer than what I hold?", answered by the word, during two publications.',
    ownerSteps: [publish, publish],
    reads: [read, { kind: 'if-changed' }],
    schedulesMax: 200_000,
    scopes: everywhere,
  },
  {
    ...small,
    name: 'part',
    reason: 'A part of an object: its header, and the second half of its payload.',
    payloadBytes: 16,
    ownerSteps: [publish, publish],
    reads: [{ kind: 'part', from: 32, length: 32 }],
    schedulesMax: 60_000,
    scopes: wholeWords,
  },
  {
    ...small,
    name: 'given-back',
    reason: 'A draft that is filled and given back, then a publication into the same memory.',
    ownerSteps: [{ kind: 'abort', from: 0, length: 40 }, publish],
    scopes: wholeWords,
  },
  {
    ...small,
    name: 'closed',
    reason: 'A publication, then the terminal mark.',
    payloadBytes: 1,
    ownerSteps: [publish],
    close: true,
    scopes: everywhere,
  },
]
