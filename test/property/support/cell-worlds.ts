// Small worlds of RCU cells in which the right parties have to be right, by name.
import { type AnyCellWorld, lease } from './cell-world.ts'

const publish = { kind: 'publish' } as const
const read = { kind: 'read' } as const
const reads = { kind: 'reads', payloadBytes: 8, readers: [[read]], attemptsMax: 1 } as const
const pins = { kind: 'pins', payloadBytes: 8 } as const
const writes = { kind: 'writes', payloadBytes: 8, attemptsMax: 1 } as const

/** Small enough for every schedule under every preset but `bytes`. */
export const small: Readonly<Record<string, AnyCellWorld>> = {
  'no pin, one publication': { ...reads, ownerSteps: [publish] },
  'no pin, its object is stored over': { ...reads, ownerSteps: [publish, publish] },
  'no pin, two attempts': { ...reads, ownerSteps: [publish, publish], attemptsMax: 2 },
  'no pin, read, and again if changed': {
    ...reads,
    ownerSteps: [publish, publish],
    readers: [[read, { kind: 'if-changed' }]],
  },
  'no pin, a draft that is discarded': {
    ...reads,
    ownerSteps: [{ kind: 'abort', from: 0, length: 40 }, publish],
  },
  'no pin, closed in the end': { ...reads, ownerSteps: [publish], close: true },
  'a pin beside swap, scan and reuse': {
    ...pins,
    owner: ['store', 'scan', 'store'],
    readers: [['pin']],
  },
  'a guard within a guard': {
    ...pins,
    owner: ['meet', 'store', 'meet', 'scan', 'store'],
    readers: [['pin', 'meet', 'meet', 'pin', 'part']],
  },
  'a pin that knows a version, two grace periods': {
    ...pins,
    spanCount: 3,
    owner: ['meet', 'store', 'scan', 'scan'],
    readers: [['pin', 'drop', 'meet', 'pin', 'part']],
  },
  'a standing pin that moves on': {
    ...pins,
    owner: ['meet', 'store', 'scan', 'store'],
    readers: [['online', 'pin', 'drop', 'meet', 'renew', 'pin']],
  },
  'a writer dies, and its room comes back': {
    ...writes,
    owner: ['bury', 'learn', 'update', 'scan', 'audit'],
    writers: [['update']],
    faults: { crashes: 1 },
  },
}

/** Small enough where samples are of whole lines. */
export const larger: Readonly<Record<string, AnyCellWorld>> = {
  'a guard that is dropped': {
    ...pins,
    owner: ['store', 'scan', 'store'],
    readers: [['pin', 'part', 'drop']],
  },
  'two readers': {
    ...pins,
    owner: ['meet', 'store', 'scan', 'store'],
    readers: [
      ['pin', 'meet', 'part'],
      ['meet', 'pin'],
    ],
  },
  'poison, and quarantine': {
    ...pins,
    spanCount: 3,
    poison: true,
    quarantine: 1,
    owner: ['store', 'scan', 'store'],
    readers: [['pin']],
  },
  'a lease that is renewed beside a scan': {
    ...pins,
    ...lease,
    owner: ['meet', 'store', 'scan', 'meet', 'scan'],
    readers: [['pin', 'meet', 'meet', 'renew', 'part']],
  },
  'a lease that runs out': {
    ...pins,
    ...lease,
    owner: ['meet', 'store', 'scan', 'scan', 'store'],
    readers: [['pin', 'meet', 'part']],
  },
  'owner and writer': { ...writes, owner: ['update'], writers: [['update']], attemptsMax: 2 },
  'two writers': { ...writes, owner: [], writers: [['update'], ['update']] },
  'a writer is cut off': {
    ...writes,
    owner: ['update'],
    writers: [['update', 'load']],
    faults: { cuts: 1 },
  },
  'a writer gets its room back': {
    ...writes,
    owner: ['learn', 'scan', 'update'],
    writers: [['update', 'update']],
  },
  'a writer and a pin': {
    ...writes,
    owner: ['learn', 'scan'],
    writers: [['update']],
    readers: [['pin']],
  },
}
