// Schemes of versioned slots, sound strategies and negative controls alike, as protocols to be
// explored. Parts of the payload are published by loans, and aborts are loans that are given back.
import type { LocalMemory, MemoryKernels } from '../../protocols/local-memory.ts'
import type { SlotsScheme, SlotsShape } from '../../protocols/slots/index.ts'
import type { OwnerUnderTest, ProtocolUnderTest } from './protocol-under-test.ts'

export interface SlotsProtocolOptions {
  readonly payloadBytes: number
  readonly slotCount: number
  /** Version of the first payload. Default 1. */
  readonly firstVersion?: number
  readonly name?: string
}

const GENERATION = 0x7_1234_5678
const HASH_KEY = 0xfeed_beef_1234_5679n

/** A versioned-slots region of one strategy or negative control. */
export function slotsProtocol(
  scheme: SlotsScheme & { readonly name: string },
  kernels: MemoryKernels,
  options: SlotsProtocolOptions,
): ProtocolUnderTest {
  const { payloadBytes, slotCount, firstVersion = 1 } = options
  const shapeOf = (incarnation: number): SlotsShape => ({
    payloadBytes,
    slotCount,
    firstVersion,
    generation: GENERATION + incarnation,
    hashKey: HASH_KEY + BigInt(2 * incarnation),
  })
  return {
    name: options.name ?? `slots ${scheme.name}`,
    payloadBytes,
    regionBytes: scheme.regionBytes(payloadBytes, slotCount),
    chainLengthMax: scheme.chainLengthMax,
    versionsKept: slotCount - 1,
    createOwner: (memory, incarnation) =>
      ownerUnderTest(scheme, memory, shapeOf(incarnation), kernels),
    createReader: (incarnation) => scheme.createReader(shapeOf(incarnation), kernels),
  }
}

function ownerUnderTest(
  scheme: SlotsScheme,
  memory: LocalMemory,
  shape: SlotsShape,
  kernels: MemoryKernels,
): OwnerUnderTest {
  const owner = scheme.createOwner(memory, shape, kernels)
  /** Two overlapping pieces, the later one first. */
  const part = (offset: number, bytes: Uint8Array, abort: boolean): void => {
    const loan = owner.loan()
    const middle = bytes.length >> 1
    loan.copyIn(offset + middle, bytes.subarray(middle))
    loan.copyIn(offset, bytes.subarray(0, Math.min(bytes.length, middle + 2)))
    if (abort) loan.discard()
    else loan.publish()
  }
  return {
    get version() {
      return owner.version
    },
    abortsAside: true,
    format: (payload) => owner.format(payload),
    publish: (payload) => void owner.publish(payload),
    update: (payload) => void owner.update((present) => present.set(payload)),
    publishPart: (offset, bytes) => part(offset, bytes, false),
    abortPart: (offset, bytes) => part(offset, bytes, true),
    close: () => owner.close(),
  }
}
