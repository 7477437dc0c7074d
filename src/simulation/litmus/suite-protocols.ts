// Litmus tests that are the hearts of protocols: a version before and after, a pin and a scan.
import {
  compareAndSwap,
  fullFence,
  get,
  getAll,
  load,
  put,
  store,
  storeBarrier,
} from './instructions.ts'
import {
  everywhere,
  type LitmusEntry,
  nowhere,
  smallGranules,
  unordered,
  weakCpu,
} from './suite-entry.ts'

const write = [store('v', 1), storeBarrier(), store('x', 1), storeBarrier(), store('v', 2)]
const barePayload = [store('v', 1), store('x', 1), store('v', 2)]
/** Version and payload that do not belong together, though the version is even and did not change. */
const torn = [
  { a: 0, b: 1, c: 0 },
  { a: 2, b: 0, c: 2 },
]

export const protocolEntries: readonly LitmusEntry[] = [
  {
    id: '28',
    about: 'A pin and a scan without a full fence',
    spec: {
      owner: [store('p', 1), load('b', 'h')],
      peers: { q: [put('h', 1), get('a', 'p')] },
    },
    judged: [{ a: 0, b: 0 }],
    allowed: everywhere,
    why: 'The owner loads while its store still waits in the store buffer.',
  },
  {
    id: '28-fence',
    about: 'A pin and a scan behind a full fence',
    spec: {
      owner: [store('p', 1), fullFence(), load('b', 'h')],
      peers: { q: [put('h', 1), get('a', 'p')] },
    },
    judged: [{ a: 0, b: 0 }],
    allowed: nowhere,
  },
  {
    id: '28-barrier',
    about: 'A pin and a scan behind a store barrier',
    spec: {
      owner: [store('p', 1), storeBarrier(), load('b', 'h')],
      peers: { q: [put('h', 1), get('a', 'p')] },
    },
    judged: [{ a: 0, b: 0 }],
    allowed: everywhere,
    why: 'A store barrier orders no load.',
  },
  {
    id: '28-swap',
    about: 'A pin and a scan behind a compare-and-swap of the CPU',
    spec: {
      owner: [store('p', 1), compareAndSwap('c', 'z', 0, 1), load('b', 'h')],
      peers: { q: [put('h', 1), get('a', 'p')] },
    },
    judged: [{ a: 0, b: 0 }],
    allowed: nowhere,
  },
  {
    id: '28-two',
    about: 'A pin through another queue pair than the READ',
    spec: {
      owner: [store('p', 1), fullFence(), load('b', 'h')],
      peers: { q: [put('h', 1, { queuePair: 1 }), get('a', 'p')] },
    },
    judged: [{ a: 0, b: 0 }],
    allowed: everywhere,
  },
  {
    id: 'seq',
    about: 'Version, payload, version: fenced READs',
    spec: {
      owner: write,
      peers: {
        p: [get('a', 'v'), get('b', 'x', { fenced: true }), get('c', 'v', { fenced: true })],
      },
    },
    judged: torn,
    allowed: nowhere,
  },
  {
    id: 'seq-bare',
    about: 'The same, the owner without barriers',
    spec: {
      owner: barePayload,
      peers: {
        p: [get('a', 'v'), get('b', 'x', { fenced: true }), get('c', 'v', { fenced: true })],
      },
    },
    judged: torn,
    allowed: weakCpu,
  },
  {
    id: 'seq-first',
    about: 'Only the payload fenced: the second version may be sampled with it',
    spec: {
      owner: write,
      peers: { p: [get('a', 'v'), get('b', 'x', { fenced: true }), get('c', 'v')] },
    },
    judged: torn,
    allowed: unordered,
  },
  {
    id: 'seq-last',
    about: 'Only the second version fenced',
    spec: {
      owner: write,
      peers: { p: [get('a', 'v'), get('b', 'x'), get('c', 'v', { fenced: true })] },
    },
    judged: torn,
    allowed: unordered,
  },
  {
    id: 'seq-line',
    about: 'Version and payload in one READ of one line, then the version again',
    spec: {
      owner: write,
      peers: { p: [getAll({ a: 'v', b: 'x' }), get('c', 'v', { fenced: true })] },
      memory: ['v x'],
    },
    judged: torn,
    allowed: smallGranules,
    why: 'A line that is sampled at once needs no more; anything else may sample the payload first.',
  },
  {
    id: 'seq-lines',
    about: 'The same over two lines',
    spec: {
      owner: write,
      peers: { p: [getAll({ a: 'v', b: 'x' }), get('c', 'v', { fenced: true })] },
      memory: ['v | x'],
    },
    judged: torn,
    allowed: everywhere,
  },
]
