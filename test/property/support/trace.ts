// What an owner did: its recorded stores, where each publication ends, and what every version's
// payload is. Payloads are self-certifying: pseudo-random in version and position, so bytes of two
// versions never pass for one.
import type { MemoryKernels, SeqlockScheme, SeqlockShape } from '../../../src/protocols/index.ts'
import { type CopyManner, RecordedMemory } from './recorded-memory.ts'

export type OwnerStep =
  | { readonly kind: 'write' | 'update'; readonly manner: CopyManner }
  /** Overwrites a part of the payload under a token, then ends or aborts the write. */
  | {
      readonly kind: 'part' | 'abort'
      readonly manner: CopyManner
      /** In 1/64 of the payload; clamped. */
      readonly from: number
      readonly length: number
    }

export interface Trace {
  readonly shape: SeqlockShape
  readonly memory: RecordedMemory
  /** Stores that belong to formatting: visible before any reader exists. */
  readonly formatEnd: number
  /** Publication i is complete when all stores before publishEnds[i] are visible. */
  readonly publishEnds: readonly number[]
  readonly publishVersions: readonly number[]
  /** Payload of every published version. */
  readonly contents: ReadonlyMap<number, Uint8Array>
  readonly lastVersion: number
  /** First store of the terminal mark; the number of stores when there is none. */
  readonly closeStart: number
}

/** Payload bytes of write number `count`: no two words alike, within and across writes. */
export function certifiedPayload(payloadBytes: number, count: number): Uint8Array {
  const bytes = new Uint8Array(payloadBytes)
  let state = Math.imul(count + 1, 0x9e37_79b1) >>> 0
  for (let at = 0; at < payloadBytes; at += 1) {
    state = (Math.imul(state ^ (state >>> 15), 0x85eb_ca6b) + at + 1) >>> 0
    bytes[at] = state >>> 13
  }
  return bytes
}

/** Payload whose 8-byte words swap places with their neighbours at every write. */
export function swappedPayload(payloadBytes: number, count: number): Uint8Array {
  const base = certifiedPayload(payloadBytes, 0)
  if (count % 2 === 0) return base
  const bytes = base.slice()
  for (let at = 0; at + 16 <= payloadBytes; at += 16) {
    bytes.set(base.subarray(at + 8, at + 16), at)
    bytes.set(base.subarray(at, at + 8), at + 8)
  }
  return bytes
}

export interface TraceOptions {
  readonly scheme: SeqlockScheme
  readonly kernels: MemoryKernels
  readonly payloadBytes: number
  readonly firstVersion: number
  readonly steps: readonly OwnerStep[]
  readonly close?: boolean
  readonly payloadOf?: (payloadBytes: number, count: number) => Uint8Array
}

/** Runs an owner over a recording port. */
export function recordTrace(options: TraceOptions): Trace {
  const { scheme, kernels, payloadBytes, steps, payloadOf = certifiedPayload } = options
  const shape = { payloadBytes, generation: 0x7_1234_5678, hashKey: 0xfeed_beef_1234_5679n }
  const memory = new RecordedMemory(scheme.regionBytes(payloadBytes))
  const owner = scheme.createOwner(memory, shape, kernels)
  const contents = new Map<number, Uint8Array>()
  const publishEnds: number[] = []
  const publishVersions: number[] = []
  const published = (payload: Uint8Array): void => {
    contents.set(owner.version, payload)
    publishEnds.push(memory.offsets.length)
    publishVersions.push(owner.version)
  }
  let present = payloadOf(payloadBytes, 0)
  owner.format(present, options.firstVersion)
  published(present)
  const formatEnd = memory.offsets.length
  steps.forEach((step, index) => {
    memory.manner = step.manner
    const before = owner.version
    let next = payloadOf(payloadBytes, index + 1)
    if (!('from' in step)) {
      if (step.kind === 'write') owner.write(next)
      else owner.update((payload) => payload.set(next))
    } else {
      const from = Math.min(payloadBytes - 1, Math.floor((step.from / 64) * payloadBytes))
      const end = Math.min(payloadBytes, from + 1 + Math.floor((step.length / 64) * payloadBytes))
      const token = owner.writeBegin()
      // Two overlapping pieces, so that the undo copy has to tell old bytes from new ones.
      const middle = (from + end) >> 1
      token.copyIn(middle, next.subarray(middle, end))
      token.copyIn(from, next.subarray(from, Math.min(end, middle + 2)))
      if (step.kind === 'abort') {
        owner.writeAbort(token)
        next = present
      } else {
        owner.writeEnd(token)
        const mixed = present.slice()
        mixed.set(next.subarray(from, end), from)
        next = mixed
      }
    }
    present = next
    if (owner.version !== before) published(present)
    else publishEnds[publishEnds.length - 1] = memory.offsets.length
  })
  const closeStart = memory.offsets.length
  if (options.close === true) owner.close()
  return {
    shape,
    memory,
    formatEnd,
    publishEnds,
    publishVersions,
    contents,
    lastVersion: owner.version,
    closeStart,
  }
}
