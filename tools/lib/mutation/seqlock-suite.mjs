// The worlds in which mutants of the seqlock are judged: its strategies where they claim to be sound.

import path from 'node:path'
import { pathToFileURL } from 'node:url'

const lines = { atomicGranuleBytes: 64 }
/** Weak CPUs and arbitrary sampling: where they are sound there, they are sound elsewhere. */
const models = {
  fenced: ['minimal', 'rxe'],
  hash: ['bytes', 'minimal'],
  words: ['minimal'],
  lines: [lines],
}

const publish = { kind: 'publish' }
const update = { kind: 'update' }
const read = { kind: 'read' }
const ifChanged = { kind: 'if-changed' }
const abort = { kind: 'abort', from: 8, length: 30 }
const downwards = { unitBytes: 1, order: 'descending' }

/** @type {Record<string, any>} */
const smallWorlds = {
  write: { payloadBytes: 8, ownerSteps: [publish], readers: [[read]], attemptsMax: 1 },
  writes: { payloadBytes: 8, ownerSteps: [publish, publish], readers: [[read]], attemptsMax: 1 },
  retried: { payloadBytes: 1, ownerSteps: [publish], readers: [[read]], attemptsMax: 2 },
  again: {
    payloadBytes: 4,
    ownerSteps: [publish, publish],
    readers: [[read, read]],
    attemptsMax: 1,
  },
  changed: {
    payloadBytes: 4,
    ownerSteps: [publish, publish],
    readers: [[read, ifChanged]],
    attemptsMax: 1,
  },
  aborted: { payloadBytes: 8, ownerSteps: [abort], readers: [[read]], attemptsMax: 1 },
  'aborted and written': {
    payloadBytes: 8,
    ownerSteps: [{ ...abort, from: 0, length: 20 }, publish],
    readers: [[read, ifChanged]],
    attemptsMax: 1,
  },
  closed: {
    payloadBytes: 8,
    ownerSteps: [publish],
    close: true,
    readers: [[read]],
    attemptsMax: 1,
  },
  'closed later': {
    payloadBytes: 4,
    ownerSteps: [],
    close: true,
    readers: [[read, ifChanged, read]],
    attemptsMax: 1,
  },
  parts: {
    payloadBytes: 12,
    ownerSteps: [publish],
    readers: [
      [
        { kind: 'part', from: 0, length: 4 },
        { kind: 'part', from: 60, length: 4 },
      ],
    ],
    attemptsMax: 1,
  },
  carry: {
    payloadBytes: 8,
    firstVersion: 2 ** 33 - 4,
    ownerSteps: [publish, publish],
    readers: [[read]],
    attemptsMax: 1,
  },
}

/** @type {Record<string, any>} */
const largeWorlds = {
  'two lines, in part': {
    payloadBytes: 72,
    ownerSteps: [{ kind: 'part', from: 46, length: 15 }, update],
    readers: [
      [{ kind: 'part', from: 40, length: 4 }, { kind: 'part', from: 44, length: 19 }, read],
    ],
    attemptsMax: 3,
  },
  'three lines, byte by byte': {
    payloadBytes: 121,
    ownerSteps: [
      { ...publish, manner: downwards },
      { kind: 'part', manner: downwards, from: 10, length: 50 },
      { kind: 'abort', manner: downwards, from: 20, length: 40 },
      update,
    ],
    readers: [
      [read, { kind: 'part', from: 7, length: 33 }, ifChanged],
      [ifChanged, read, ifChanged],
    ],
    attemptsMax: 3,
  },
  'blank and closed': {
    payloadBytes: 9,
    ownerSteps: [publish, abort],
    blank: true,
    close: true,
    readers: [[read, ifChanged, read]],
    attemptsMax: 4,
  },
  faults: {
    payloadBytes: 9,
    ownerSteps: [publish, abort, publish],
    readers: [
      [read, ifChanged],
      [read, { kind: 'part', from: 20, length: 30 }],
    ],
    attemptsMax: 3,
    faults: { crashes: 1, restarts: 1, queuePairErrors: 1, timeOuts: 1 },
  },
}

/** @type {import('./simulated-suite.mjs').Suite} */
export const seqlockSuite = {
  models,
  smallWorlds,
  largeWorlds,
  frozenWorld: {
    payloadBytes: 9,
    ownerSteps: [publish, abort],
    close: true,
    blank: true,
  },
  protocolMaker: async (built, kernels) => {
    const file = path.join(built, 'simulation/protocol/seqlock-protocol.js')
    const { seqlockProtocol } = await import(pathToFileURL(file).href)
    return (scheme, { payloadBytes, firstVersion = 2, ...options }) => ({
      protocol: seqlockProtocol(scheme, kernels, { payloadBytes, firstVersion }),
      options,
    })
  },
}
