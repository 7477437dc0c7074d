// Litmus tests of WRITEs: their order, their completion, and what they fetch.
import { get, load, poll, put, putAll, signal, store, wait } from './instructions.ts'
import { everywhere, type LitmusEntry, nowhere, unordered } from './suite-entry.ts'

export const writeEntries: readonly LitmusEntry[] = [
  {
    id: '1',
    about: 'WRITEs of one queue pair land in order',
    spec: {
      owner: [load('a', 'x'), load('b', 'x')],
      peers: { p: [put('x', 1), put('x', 2)] },
    },
    judged: [{ a: 2, b: 1 }],
    allowed: nowhere,
  },
  {
    id: '2',
    about: 'A completed WRITE is seen by a later READ',
    spec: {
      owner: [load('a', 'x')],
      peers: { p: [put('x', 2), poll(), get('b', 'x')] },
    },
    judged: [{ b: 0 }],
    allowed: nowhere,
  },
  {
    id: '4',
    about: 'A local variable that changes before the completion may be sent changed',
    spec: { peers: { p: [put('z', 'x'), store('x', 1)] }, final: ['z'] },
    judged: [{ '~z': 1 }],
    allowed: everywhere,
  },
  {
    id: '5',
    about: 'A local variable may change once the WRITE completed',
    spec: { peers: { p: [put('z', 'x'), poll(), store('x', 1)] }, final: ['z'] },
    judged: [{ '~z': 1 }],
    allowed: nowhere,
  },
  {
    id: '6',
    about: 'A READ sees earlier WRITEs of its queue pair',
    spec: { peers: { p: [put('x', 1), get('a', 'x')] } },
    judged: [{ a: 0 }],
    allowed: nowhere,
  },
  {
    id: '7',
    about: 'A READ may miss earlier WRITEs of another queue pair',
    spec: { peers: { p: [put('x', 1), get('a', 'x', { queuePair: 1 })] } },
    judged: [{ a: 0 }],
    allowed: everywhere,
  },
  {
    id: '7-poll',
    about: 'A completed WRITE may still be missed through another queue pair',
    spec: { peers: { p: [put('x', 1), poll(), get('a', 'x', { queuePair: 1 })] } },
    judged: [{ a: 0 }],
    allowed: unordered,
    why: 'Where completion only means accepted.',
  },
  {
    id: '18',
    about: 'A completed WRITE, told by other means, may not be visible yet',
    spec: {
      owner: [wait('told'), load('a', 'x')],
      peers: { p: [put('x', 1), poll(), signal('told')] },
    },
    judged: [{ a: 0 }],
    allowed: unordered,
  },
  {
    id: '18-flush',
    about: 'A later READ of the queue pair makes sure that a WRITE is visible',
    spec: {
      owner: [wait('told'), load('a', 'x'), store('y', 1)],
      peers: { p: [put('x', 1), get('b', 'y'), poll(), signal('told')] },
    },
    judged: [{ a: 0 }],
    allowed: nowhere,
  },
  {
    id: '20',
    about: 'Data and flag in two WRITEs',
    spec: {
      owner: [load('a', 'f'), load('b', 'd')],
      peers: { p: [put('d', 1), put('f', 1)] },
    },
    judged: [{ a: 1, b: 0 }],
    allowed: nowhere,
  },
  {
    id: '20-two',
    about: 'Data and flag in WRITEs of two queue pairs',
    spec: {
      owner: [load('a', 'f'), load('b', 'd')],
      peers: { p: [put('d', 1), put('f', 1, { queuePair: 1 })] },
    },
    judged: [{ a: 1, b: 0 }],
    allowed: everywhere,
  },
  {
    id: '20-poll',
    about: 'Data, its completion, and a flag through another queue pair',
    spec: {
      owner: [load('a', 'f'), load('b', 'd')],
      peers: { p: [put('d', 1), poll(), put('f', 1, { queuePair: 1 })] },
    },
    judged: [{ a: 1, b: 0 }],
    allowed: unordered,
    why: 'Where completion only means accepted.',
  },
  {
    id: '21',
    about: 'Data and flag in one WRITE of one line',
    spec: {
      owner: [load('a', 'f'), load('b', 'd')],
      peers: { p: [putAll({ d: 1, f: 1 })] },
      memory: ['d f'],
    },
    judged: [{ a: 1, b: 0 }],
    allowed: ['sharedMemory', 'rxe', 'minimal', 'bytes'],
  },
  {
    id: '21-lines',
    about: 'Data and flag in one WRITE of two lines, the flag last',
    spec: {
      owner: [load('a', 'f'), load('b', 'd')],
      peers: { p: [putAll({ d: 1, f: 1 })] },
      memory: ['d | f'],
    },
    judged: [{ a: 1, b: 0 }],
    allowed: ['sharedMemory', 'rxe', 'minimal', 'bytes'],
    variants: [
      {
        name: 'nicX86 with relaxed ordering',
        model: {
          atomicGranuleBytes: 64,
          sampling: 'arbitrary',
          writePlacement: 'arbitrary',
          cpu: 'tso',
        },
        allowed: true,
      },
    ],
  },
  {
    id: 'wrc',
    about: 'A value that was READ and passed on is visible to whoever sees what was passed on',
    spec: {
      owner: [load('b', 'y'), load('c', 'x')],
      peers: { p: [put('x', 1)], q: [get('a', 'x'), poll(), put('y', 'a')] },
    },
    judged: [{ b: 1, c: 0 }],
    allowed: nowhere,
  },
]
