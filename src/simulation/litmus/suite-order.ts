// Litmus tests of the order in which operations of a queue pair touch memory.
import { get, load, poll, put, store, storeBarrier } from './instructions.ts'
import { samplingPresets } from '../sampling-model.ts'
import { everywhere, type LitmusEntry, nowhere, unordered, weakCpu } from './suite-entry.ts'

const message = [store('x', 1), store('y', 1)]
const orderedMessage = [store('x', 1), storeBarrier(), store('y', 1)]

export const orderEntries: readonly LitmusEntry[] = [
  {
    id: '8',
    about: 'A WRITE may overtake an earlier READ',
    spec: { peers: { p: [get('a', 'x'), put('x', 1)] } },
    judged: [{ a: 1 }],
    allowed: ['rxe', 'nicX86', 'minimal', 'bytes'],
    variants: [
      {
        name: 'rxe without lost responses',
        model: { ...samplingPresets.rxe, replay: 'off' },
        allowed: false,
      },
    ],
    why: 'Under rxe only a READ that is executed again sees what was written after it.',
  },
  {
    id: '8-fenced',
    about: 'A fenced WRITE waits for earlier READs',
    spec: { peers: { p: [get('a', 'x'), put('x', 1, { fenced: true })] } },
    judged: [{ a: 1 }],
    allowed: nowhere,
  },
  {
    id: '8-poll',
    about: 'A WRITE posted after the READ completed comes after it',
    spec: { peers: { p: [get('a', 'x'), poll(), put('x', 1)] } },
    judged: [{ a: 1 }],
    allowed: nowhere,
  },
  {
    id: '8-two',
    about: 'A fence says nothing about other queue pairs',
    spec: { peers: { p: [get('a', 'x'), put('x', 1, { queuePair: 1, fenced: true })] } },
    judged: [{ a: 1 }],
    allowed: everywhere,
  },
  {
    id: '10',
    about: 'READs may pass each other',
    spec: { owner: message, peers: { p: [get('a', 'y'), get('b', 'x')] } },
    judged: [{ a: 1, b: 0 }],
    allowed: unordered,
  },
  {
    id: '11',
    about: 'A fenced READ, and stores without a barrier',
    spec: { owner: message, peers: { p: [get('a', 'y'), get('b', 'x', { fenced: true })] } },
    judged: [{ a: 1, b: 0 }],
    allowed: weakCpu,
    why: 'The READs are in order; on a weak CPU the stores are not, and no fence of the reader helps.',
  },
  {
    id: '11-barrier',
    about: 'A fenced READ, and stores with a barrier',
    spec: { owner: orderedMessage, peers: { p: [get('a', 'y'), get('b', 'x', { fenced: true })] } },
    judged: [{ a: 1, b: 0 }],
    allowed: nowhere,
  },
  {
    id: '10-barrier',
    about: 'A barrier of the owner does not order the READs of a peer',
    spec: { owner: orderedMessage, peers: { p: [get('a', 'y'), get('b', 'x')] } },
    judged: [{ a: 1, b: 0 }],
    allowed: unordered,
  },
  {
    id: '10-poll',
    about: 'READs with a completion between',
    spec: { owner: orderedMessage, peers: { p: [get('a', 'y'), poll(), get('b', 'x')] } },
    judged: [{ a: 1, b: 0 }],
    allowed: nowhere,
  },
  {
    id: '10-two',
    about: 'READs of two queue pairs, the second fenced',
    spec: {
      owner: orderedMessage,
      peers: { p: [get('a', 'y'), get('b', 'x', { queuePair: 1, fenced: true })] },
    },
    judged: [{ a: 1, b: 0 }],
    allowed: everywhere,
  },
  {
    id: 'corr',
    about: 'Two READs of one variable may see it go back',
    spec: { owner: [store('x', 1)], peers: { p: [get('a', 'x'), get('b', 'x')] } },
    judged: [{ a: 1, b: 0 }],
    allowed: unordered,
  },
  {
    id: 'corr-fenced',
    about: 'Two READs of one variable, the second fenced',
    spec: {
      owner: [store('x', 1)],
      peers: { p: [get('a', 'x'), get('b', 'x', { fenced: true })] },
    },
    judged: [{ a: 1, b: 0 }],
    allowed: nowhere,
  },
  {
    id: 'iriw',
    about: 'Two readers with fences agree on the order of two independent WRITEs',
    spec: {
      peers: {
        p: [put('x', 1)],
        q: [put('y', 1)],
        r: [get('a', 'x'), get('b', 'y', { fenced: true })],
        s: [get('c', 'y'), get('d', 'x', { fenced: true })],
      },
    },
    judged: [{ a: 1, b: 0, c: 1, d: 0 }],
    allowed: nowhere,
  },
  {
    id: 'mp',
    about: 'Two CPUs of the owner pass a message',
    spec: { owner: { c0: message, c1: [load('a', 'y'), load('b', 'x')] }, peers: {} },
    judged: [{ a: 1, b: 0 }],
    allowed: weakCpu,
  },
  {
    id: 'mp-barrier',
    about: 'Two CPUs of the owner pass a message behind a barrier',
    spec: { owner: { c0: orderedMessage, c1: [load('a', 'y'), load('b', 'x')] }, peers: {} },
    judged: [{ a: 1, b: 0 }],
    allowed: nowhere,
  },
]
