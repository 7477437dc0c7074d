// Litmus tests of what one READ may mix.
import { get, getAll, load, put, store, storeBarrier } from './instructions.ts'
import { everywhere, type LitmusEntry, nowhere, smallGranules } from './suite-entry.ts'

/** 1 in each of the two lowest bytes. */
const BOTH_BYTES = 257
const halves = [{ a: 1 }, { a: 256 }]

export const tearEntries: readonly LitmusEntry[] = [
  {
    id: '12',
    about: 'One READ of two lines is torn',
    spec: {
      owner: [store('x', 1), store('y', 1)],
      peers: { p: [getAll({ a: 'x', b: 'y' })] },
      memory: ['x | y'],
    },
    judged: [{ a: 0, b: 1 }],
    allowed: everywhere,
  },
  {
    id: '12-back',
    about: 'One READ of two lines samples the second one first',
    spec: {
      owner: [store('y', 1), storeBarrier(), store('x', 1)],
      peers: { p: [getAll({ a: 'x', b: 'y' })] },
      memory: ['x | y'],
    },
    judged: [{ a: 1, b: 0 }],
    allowed: everywhere,
    why: 'Under rxe the two words are in one packet, which may be copied downwards.',
  },
  {
    id: '12-packets',
    about: 'One READ of two packets samples the second one first',
    spec: {
      owner: [store('y', 1), storeBarrier(), store('x', 1)],
      peers: { p: [getAll({ a: 'x', b: 'y' })] },
      memory: ['x . . . . . . . | y'],
    },
    judged: [{ a: 1, b: 0 }],
    allowed: ['sharedMemory', 'nicX86', 'minimal', 'bytes'],
    why: 'Packets go up under rxe, and a READ executed again goes on upwards.',
  },
  {
    id: '14',
    about: 'One READ of a line sees no prefix of the stores into it',
    spec: {
      owner: [store('x', 1), store('y', 1)],
      peers: { p: [getAll({ a: 'x', b: 'y' })] },
      memory: ['x y'],
    },
    judged: [{ a: 0, b: 1 }],
    allowed: smallGranules,
  },
  {
    id: '14-barrier',
    about: 'The same, with a barrier between the stores',
    spec: {
      owner: [store('x', 1), storeBarrier(), store('y', 1)],
      peers: { p: [getAll({ a: 'x', b: 'y' })] },
      memory: ['x y'],
    },
    judged: [{ a: 0, b: 1 }],
    allowed: smallGranules,
  },
  {
    id: '14-middle',
    about: 'One READ of a line samples the middle first',
    spec: {
      owner: [store('y', 1), storeBarrier(), store('x', 1), store('z', 1)],
      peers: { p: [getAll({ a: 'x', b: 'y', c: 'z' })] },
      memory: ['x y z'],
    },
    judged: [{ a: 1, b: 0, c: 1 }],
    allowed: ['sharedMemory', 'minimal', 'bytes'],
    why: 'Neither upwards nor downwards, as rxe copies, is the middle first.',
  },
  {
    id: '15',
    about: 'One aligned READ of 8 bytes sees half of a store of 8 bytes',
    spec: { owner: [store('x', BOTH_BYTES)], peers: { p: [get('a', 'x')] } },
    judged: halves,
    allowed: ['bytes'],
  },
  {
    id: '15-put',
    about: 'The owner loads half of a WRITE of 8 bytes',
    spec: { owner: [load('a', 'x')], peers: { p: [put('x', BOTH_BYTES)] } },
    judged: halves,
    allowed: ['bytes'],
  },
  {
    id: '15-parts',
    about: 'A word stored in two parts, the second part seen without the first',
    spec: {
      owner: [
        store('x', 1, { offsetBytes: 0, lengthBytes: 1 }),
        store('x', 1, { offsetBytes: 1, lengthBytes: 1 }),
      ],
      peers: { p: [get('a', 'x')] },
    },
    judged: [{ a: 256 }],
    allowed: ['bytes'],
    why: 'Even a weak CPU keeps the order of stores into one word.',
  },
  {
    id: '15-first',
    about: 'A word stored in two parts, the first part seen without the second',
    spec: {
      owner: [
        store('x', 1, { offsetBytes: 0, lengthBytes: 1 }),
        store('x', 1, { offsetBytes: 1, lengthBytes: 1 }),
      ],
      peers: { p: [get('a', 'x')] },
    },
    judged: [{ a: 1 }],
    allowed: everywhere,
    why: 'A barrier cannot help: whoever wants a word whole stores it whole.',
  },
  {
    id: 'own',
    about: 'A CPU sees its own store before others do',
    spec: {
      owner: [store('x', 1), load('a', 'x')],
      peers: { p: [get('b', 'x')] },
    },
    judged: [{ a: 0 }],
    allowed: nowhere,
  },
]
