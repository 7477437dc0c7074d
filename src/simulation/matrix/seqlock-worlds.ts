// The worlds in which the seqlock's strategies are explored: small enough for all schedules, each there
// for a reason of its own.
import type { OwnerStep } from '../protocol/owner-trace.ts'
import type { ReadPlan } from '../protocol/reader-program.ts'
import type { MatrixWorld, WorldScope } from './matrix-subject.ts'

const publish: OwnerStep = { kind: 'publish' }
const read: ReadPlan = { kind: 'read' }
const packets: WorldScope['samplings'] = ['ascending', 'descendingInPacket', 'eitherInPacket']
const everywhere: readonly WorldScope[] = [{}]

export const seqlockWorlds: readonly MatrixWorld[] = [
  {
    name: 'one-write',
    reason: 'The smallest: one write of two payload words, one read, one attempt.',
    payloadBytes: 8,
    ownerSteps: [publish],
    reads: [read],
    attemptsMax: 1,
    scopes: everywhere,
  },
  {
    name: 'one-byte',
    reason:
      'A payload of one byte: the only world small enough for all schedules of `hash` at granule 1, ' +
      'where each of the 8 bytes of a seal is old or new. Elsewhere `one-write` says more.',
    payloadBytes: 1,
    ownerSteps: [publish],
    reads: [read],
    attemptsMax: 1,
    schedulesMax: 60_000,
    scopes: [{ strategies: ['hash'], granules: [1] }],
  },
  {
    name: 'carry-up',
    reason:
      'A version word whose low byte is about to wrap: one write from 0x00fe to 0x0100, 127 more to ' +
      '0x01fe. Its low byte sampled before the first write and the next byte after it make 0x01fe. ' +
      'Only at granule 1 is a version sampled in parts. Publications become visible whole: this is ' +
      'about versions.',
    payloadBytes: 8,
    firstVersion: 0xfe,
    ownerSteps: [publish, publish],
    publications: [1, 127],
    atOnce: true,
    reads: [read],
    attemptsMax: 1,
    scopes: [{ strategies: ['fenced', 'hash'], granules: [1] }],
  },
  {
    name: 'carry-down',
    reason:
      'The mirror image for copies that descend: 127 writes from 0x0100 to 0x01fe, one more to ' +
      '0x0200. The high byte sampled before the last write and the low byte after it make 0x0100.',
    payloadBytes: 8,
    firstVersion: 0x100,
    ownerSteps: [publish, publish],
    publications: [127, 1],
    atOnce: true,
    reads: [read],
    attemptsMax: 1,
    scopes: [{ strategies: ['fenced', 'hash'], granules: [1] }],
  },
  {
    name: 'two-writes',
    reason: 'A read that two writes overtake: bytes of three versions.',
    payloadBytes: 4,
    ownerSteps: [publish, publish],
    reads: [read],
    attemptsMax: 1,
    scopes: everywhere,
  },
  {
    name: 'retried',
    reason: 'A second attempt: what the first one learnt must not count.',
    payloadBytes: 1,
    ownerSteps: [publish],
    reads: [read],
    attemptsMax: 2,
    scopes: everywhere,
  },
  {
    name: 'two-reads',
    reason: 'A second read that builds on the version held from the first, during two writes.',
    payloadBytes: 1,
    ownerSteps: [publish, publish],
    reads: [read, read],
    attemptsMax: 1,
    scopes: everywhere,
  },
  {
    name: 'if-changed',
    reason: '"Anything newer than what I hold?", answered by one word, during two writes.',
    payloadBytes: 1,
    ownerSteps: [publish, publish],
    reads: [read, { kind: 'if-changed' }],
    attemptsMax: 1,
    scopes: everywhere,
  },
  {
    name: 'two-parts',
    reason: 'Two reads of different parts: later parts must not be of older versions.',
    payloadBytes: 12,
    ownerSteps: [publish],
    reads: [
      { kind: 'part', from: 0, length: 4 },
      { kind: 'part', from: 60, length: 4 },
    ],
    attemptsMax: 1,
    scopes: everywhere,
  },
  {
    name: 'aborted',
    reason:
      'A write that is taken back. Not with `words`, whose writes are staged: an abort stores nothing.',
    payloadBytes: 8,
    ownerSteps: [{ kind: 'abort', from: 0, length: 40 }],
    reads: [read],
    attemptsMax: 1,
    scopes: [{ strategies: ['fenced', 'hash', 'lines'] }],
  },
  {
    name: 'closed',
    reason: 'A write, then the terminal mark.',
    payloadBytes: 4,
    ownerSteps: [publish],
    close: true,
    reads: [read],
    attemptsMax: 1,
    scopes: everywhere,
  },
  {
    name: 'two-lines',
    reason:
      'A write of 17 bytes around the end of the first chunk of `lines` and of the first packet of ' +
      'the payload’s READ.',
    payloadBytes: 72,
    ownerSteps: [{ kind: 'part', from: 46, length: 15 }],
    reads: [read],
    attemptsMax: 1,
    scopes: [{ strategies: ['fenced', 'hash', 'lines'] }],
  },
  {
    name: 'line-boundary',
    reason:
      'A write around the end of the first 64-byte line of a plain region, which the other layouts ' +
      'do not have there.',
    payloadBytes: 48,
    ownerSteps: [{ kind: 'part', from: 48, length: 8 }],
    reads: [read],
    attemptsMax: 1,
    scopes: [{ strategies: ['fenced', 'hash'] }],
  },
  {
    name: 'parts-of-lines',
    reason: 'Two reads of different lines of `lines`, around a write of both.',
    payloadBytes: 72,
    ownerSteps: [{ kind: 'part', from: 46, length: 15 }],
    reads: [
      { kind: 'part', from: 40, length: 4 },
      { kind: 'part', from: 54, length: 8 },
    ],
    attemptsMax: 1,
    scopes: [{ strategies: ['lines'] }],
  },
  {
    name: 'nine-words',
    reason:
      'Nine words of `words`, in two lines and two packets, stored one by one. Where sampling is ' +
      'arbitrary and granules are smaller than a line, there are no lines or packets to cross.',
    payloadBytes: 32,
    ownerSteps: [publish],
    reads: [read],
    attemptsMax: 1,
    scopes: [
      { strategies: ['words'], granules: [64], cpus: ['tso'] },
      { strategies: ['words'], granules: [1, 8], samplings: packets, cpus: ['tso'] },
    ],
  },
  {
    name: 'nine-words-at-once',
    reason:
      'The same on a weak CPU, where nine stores without barriers have too many orders: they become ' +
      'visible as a whole. What their order does, the smaller worlds show.',
    payloadBytes: 32,
    ownerSteps: [publish, publish],
    atOnce: true,
    reads: [read],
    attemptsMax: 1,
    scopes: [
      { strategies: ['words'], granules: [64], cpus: ['weak'] },
      { strategies: ['words'], granules: [1, 8], samplings: packets, cpus: ['weak'] },
    ],
  },
]
