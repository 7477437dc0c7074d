// What an owner did: its stores in a store buffer, where each publication ends among them, and what
// every version's payload is. Recorded once for all runs of a scenario.
import { type CopyManner, RecordingMemory, plainCopy } from '../recording-memory.ts'
import type { SimulatedMemory } from '../simulated-memory.ts'
import type { StoreBuffer } from '../store-buffer.ts'
import type { PayloadOracle } from './payloads.ts'
import type { OwnerUnderTest, ProtocolUnderTest } from './protocol-under-test.ts'

/** One call of an owner. */
export type OwnerStep =
  | { readonly kind: 'publish' | 'update'; readonly manner?: CopyManner }
  /** A part of the payload under a token, then the end of the write, or its abort. */
  | {
      readonly kind: 'part' | 'abort'
      readonly manner?: CopyManner
      /** In 1/64 of the payload; clamped. */
      readonly from: number
      readonly length: number
    }

export interface Publication {
  /** As readers report it; undefined where versions have no numbers. */
  readonly version: number | undefined
  readonly payload: Uint8Array
  /** Complete when so many of the buffer's stores are visible. */
  end: number
}

export interface OwnerTrace {
  readonly publications: readonly Publication[]
  /** Stores of formatting. */
  readonly formatEnd: number
  /** The owner was told to close in the end, whatever it stored for it. */
  readonly closes: boolean
  /** First store of the terminal mark; the number of stores when there is none. */
  readonly closeStart: number
  /** Stores in all. */
  readonly end: number
}

export interface OwnerScript {
  readonly steps: readonly OwnerStep[]
  readonly close: boolean
  readonly payloadOf: PayloadOracle
  readonly incarnation: number
}

/** Runs an owner over the recording port. */
export function recordOwner(
  protocol: ProtocolUnderTest,
  buffer: StoreBuffer,
  memory: SimulatedMemory,
  script: OwnerScript,
): OwnerTrace {
  const { payloadBytes } = protocol
  const { incarnation, payloadOf, steps } = script
  const port = new RecordingMemory(buffer, memory, protocol.regionBytes)
  const owner = protocol.createOwner(port, incarnation)
  const publications: Publication[] = []
  let present = payloadOf(payloadBytes, 0, incarnation)
  owner.format(present)
  const publish = (payload: Uint8Array): void => {
    publications.push({ version: owner.version, payload, end: buffer.count })
    buffer.mark()
  }
  publish(present)
  buffer.label(0, owner.version ?? 1)
  const formatEnd = buffer.count
  steps.forEach((step, index) => {
    port.manner = step.manner ?? plainCopy
    const before = owner.version
    const from = buffer.count
    const next = takeStep(owner, step, present, payloadOf(payloadBytes, index + 1, incarnation))
    buffer.label(from, owner.version ?? index + 2)
    const aborted = step.kind === 'abort'
    present = aborted ? present : next
    const last = publications.at(-1) as Publication
    // An abort publishes the old payload as a new version, or nothing at all.
    const published = !aborted || (before !== undefined && owner.version !== before)
    if (published) publish(present)
    else if (owner.abortsAside !== true) last.end = buffer.count
  })
  const closeStart = buffer.count
  const closes = script.close && owner.close !== undefined
  if (closes) owner.close?.()
  return { publications, formatEnd, closes, closeStart, end: buffer.count }
}

function takeStep(
  owner: OwnerUnderTest,
  step: OwnerStep,
  present: Uint8Array,
  next: Uint8Array,
): Uint8Array {
  if (!('from' in step)) {
    if (step.kind === 'update' && owner.update !== undefined) owner.update(next)
    else owner.publish(next)
    return next
  }
  const { length } = present
  const from = Math.min(length - 1, Math.floor((step.from / 64) * length))
  const end = Math.min(length, from + 1 + Math.floor((step.length / 64) * length))
  const bytes = next.subarray(from, end)
  if (step.kind === 'part' && owner.publishPart !== undefined) owner.publishPart(from, bytes)
  else if (step.kind === 'abort' && owner.abortPart !== undefined) owner.abortPart(from, bytes)
  else {
    owner.publish(next)
    return next
  }
  const mixed = present.slice()
  mixed.set(bytes, from)
  return mixed
}
