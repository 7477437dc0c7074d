// Litmus tests of atomics: among themselves, against CPUs, against plain WRITEs.
import { compareAndSwap, fetchAndAdd, get, load, put, store, storeBarrier } from './instructions.ts'
import { hostAtomics, type LitmusEntry, nowhere, unordered } from './suite-entry.ts'

const bothSucceed = [{ a: 0, b: 0 }]

export const atomicEntries: readonly LitmusEntry[] = [
  {
    id: '22',
    about: 'Two peers compare and swap through one NIC',
    spec: {
      peers: { p: [compareAndSwap('a', 'x', 0, 1)], q: [compareAndSwap('b', 'x', 0, 2)] },
    },
    judged: bothSucceed,
    allowed: nowhere,
  },
  {
    id: '22-nics',
    about: 'Two peers compare and swap through two NICs',
    spec: {
      peers: {
        p: [compareAndSwap('a', 'x', 0, 1)],
        q: { nic: 1, instructions: [compareAndSwap('b', 'x', 0, 2)] },
      },
    },
    judged: bothSucceed,
    allowed: hostAtomics,
  },
  {
    id: '23',
    about: 'A peer and the owner’s CPU compare and swap',
    spec: {
      owner: [compareAndSwap('b', 'x', 0, 2)],
      peers: { p: [compareAndSwap('a', 'x', 0, 1)] },
    },
    judged: bothSucceed,
    allowed: hostAtomics,
  },
  {
    id: '23-cpus',
    about: 'Two CPUs of the owner compare and swap',
    spec: {
      owner: { c0: [compareAndSwap('a', 'x', 0, 1)], c1: [compareAndSwap('b', 'x', 0, 2)] },
      peers: {},
    },
    judged: bothSucceed,
    allowed: nowhere,
  },
  {
    id: '24',
    about: 'The owner stores while a peer adds: the store is lost',
    spec: {
      owner: [store('x', 10)],
      peers: { p: [fetchAndAdd('a', 'x', 1)] },
      final: ['x'],
    },
    judged: [{ '~x': 1 }],
    allowed: hostAtomics,
  },
  {
    id: '24-put',
    about: 'A peer WRITEs while another adds: the WRITE is lost',
    spec: {
      peers: { p: [fetchAndAdd('a', 'x', 1)], q: [put('x', 10)] },
      final: ['x'],
    },
    judged: [{ '~x': 1 }],
    allowed: hostAtomics,
  },
  {
    id: '24-add',
    about: 'Two peers add through one NIC: an addition is lost',
    spec: {
      peers: { p: [fetchAndAdd('a', 'x', 1)], q: [fetchAndAdd('b', 'x', 1)] },
      final: ['x'],
    },
    judged: [{ '~x': 1 }],
    allowed: nowhere,
  },
  {
    id: 'mp-add',
    about: 'Data in a WRITE, then a flag by an atomic',
    spec: {
      owner: [load('b', 'f'), load('c', 'd')],
      peers: { p: [put('d', 1), fetchAndAdd('a', 'f', 1)] },
    },
    judged: [{ b: 1, c: 0 }],
    allowed: nowhere,
  },
  {
    id: 'add-get',
    about: 'A READ may pass an earlier atomic',
    spec: {
      owner: [store('d', 1), storeBarrier(), store('f', 1)],
      peers: { p: [compareAndSwap('a', 'f', 1, 2), get('b', 'd')] },
    },
    judged: [{ a: 1, b: 0 }],
    allowed: unordered,
  },
  {
    id: 'add-get-fenced',
    about: 'A fenced READ waits for an earlier atomic',
    spec: {
      owner: [store('d', 1), storeBarrier(), store('f', 1)],
      peers: { p: [compareAndSwap('a', 'f', 1, 2), get('b', 'd', { fenced: true })] },
    },
    judged: [{ a: 1, b: 0 }],
    allowed: nowhere,
  },
  {
    id: 'add-put',
    about: 'A WRITE may overtake an earlier atomic',
    spec: {
      owner: [load('b', 'd'), load('c', 'f')],
      peers: { p: [fetchAndAdd('a', 'f', 1), put('d', 1)] },
    },
    judged: [{ b: 1, c: 0 }],
    allowed: unordered,
    why: 'What follows an acquired lock waits for its completion, or is fenced.',
  },
  {
    id: 'add-put-fenced',
    about: 'A fenced WRITE waits for an earlier atomic',
    spec: {
      owner: [load('b', 'd'), load('c', 'f')],
      peers: { p: [fetchAndAdd('a', 'f', 1), put('d', 1, { fenced: true })] },
    },
    judged: [{ b: 1, c: 0 }],
    allowed: nowhere,
  },
]
