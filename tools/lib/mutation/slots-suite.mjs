// The worlds in which mutants of versioned slots are judged: both strategies, which claim to be sound
// everywhere.

import path from 'node:path'
import { pathToFileURL } from 'node:url'

/** What neither needs of the memory, and what both need of barriers. */
const models = { fenced: ['minimal', 'bytes'], hash: ['minimal', 'bytes'] }

const publish = { kind: 'publish' }
const update = { kind: 'update' }
const read = { kind: 'read' }
const ifChanged = { kind: 'if-changed' }
const downwards = { unitBytes: 1, order: 'descending' }

/** @param {number} wanted */
const version = (wanted) => ({ kind: 'version', version: wanted })
/** @param {number} count */
const publications = (count) => Array.from({ length: count }, () => publish)

const latch = { slotCount: 2, payloadBytes: 8, readers: [[read]], attemptsMax: 1 }
const three = { ...latch, slotCount: 3 }

/** @type {Record<string, any>} */
const smallWorlds = {
  latch: { ...latch, ownerSteps: publications(1) },
  lapped: { ...latch, ownerSteps: publications(2) },
  retried: { ...latch, payloadBytes: 1, ownerSteps: publications(2), attemptsMax: 2 },
  again: { ...latch, payloadBytes: 4, ownerSteps: publications(2), readers: [[read, read]] },
  changed: { ...latch, payloadBytes: 4, ownerSteps: publications(2), readers: [[read, ifChanged]] },
  'given back': {
    ...latch,
    ownerSteps: [{ kind: 'abort', from: 0, length: 40 }, publish],
  },
  'three slots': { ...three, ownerSteps: publications(2) },
  'three slots, lapped': { ...three, ownerSteps: publications(3) },
  history: {
    ...three,
    payloadBytes: 4,
    ownerSteps: publications(2),
    readers: [[version(1), version(2), version(4)]],
  },
  'history after a read': {
    ...three,
    payloadBytes: 4,
    ownerSteps: publications(4),
    readers: [[read, version(1)]],
  },
  closed: { ...latch, ownerSteps: publications(1), close: true },
  'closed later': { ...latch, ownerSteps: [], close: true, readers: [[read, ifChanged, read]] },
  carry: { ...latch, firstVersion: 2 ** 32 - 1, ownerSteps: publications(2) },
}

/** @type {Record<string, any>} */
const largeWorlds = {
  'parts, byte by byte': {
    slotCount: 3,
    payloadBytes: 121,
    ownerSteps: [
      { ...publish, manner: downwards },
      { kind: 'part', manner: downwards, from: 10, length: 50 },
      { kind: 'abort', manner: downwards, from: 20, length: 40 },
      update,
    ],
    readers: [
      [read, { kind: 'part', from: 7, length: 33 }, ifChanged],
      [ifChanged, version(2), read],
    ],
    attemptsMax: 3,
  },
  'blank and closed': {
    slotCount: 2,
    payloadBytes: 9,
    ownerSteps: [publish, { kind: 'abort', from: 8, length: 30 }],
    blank: true,
    close: true,
    readers: [[read, ifChanged, read]],
    attemptsMax: 4,
  },
  faults: {
    slotCount: 4,
    payloadBytes: 9,
    ownerSteps: publications(6),
    readers: [
      [read, ifChanged],
      [read, version(3)],
    ],
    attemptsMax: 3,
    faults: { crashes: 1, restarts: 1, queuePairErrors: 1, timeOuts: 1 },
  },
}

/** @type {import('./simulated-suite.mjs').Suite} */
export const slotsSuite = {
  models,
  smallWorlds,
  largeWorlds,
  frozenWorld: {
    slotCount: 2,
    payloadBytes: 9,
    ownerSteps: [publish, { kind: 'abort', from: 8, length: 30 }],
    close: true,
    blank: true,
  },
  protocolMaker: async (built, kernels) => {
    const file = path.join(built, 'simulation/protocol/slots-protocol.js')
    const { slotsProtocol } = await import(pathToFileURL(file).href)
    return (scheme, { payloadBytes, slotCount, firstVersion = 1, ...options }) => ({
      protocol: slotsProtocol(scheme, kernels, { payloadBytes, slotCount, firstVersion }),
      options,
    })
  },
}
