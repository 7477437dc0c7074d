// Seqlock schemes, sound strategies and negative controls alike, as protocols to be explored.
import type { LocalMemory, MemoryKernels } from '../../protocols/local-memory.ts'
import type { SeqlockScheme } from '../../protocols/seqlock/index.ts'
import type { OwnerUnderTest, ProtocolUnderTest } from './protocol-under-test.ts'

export interface SeqlockProtocolOptions {
  readonly payloadBytes: number
  /** Version of the first payload. Default 2. */
  readonly firstVersion?: number
  readonly name?: string
}

const GENERATION = 0x7_1234_5678
const HASH_KEY = 0xfeed_beef_1234_5679n

/** A seqlock region of one strategy or negative control. */
export function seqlockProtocol(
  scheme: SeqlockScheme & { readonly name: string },
  kernels: MemoryKernels,
  options: SeqlockProtocolOptions,
): ProtocolUnderTest {
  const { payloadBytes, firstVersion = 2 } = options
  const shapeOf = (incarnation: number) => ({
    payloadBytes,
    generation: GENERATION + incarnation,
    hashKey: HASH_KEY + BigInt(2 * incarnation),
  })
  return {
    name: options.name ?? scheme.name,
    payloadBytes,
    regionBytes: scheme.regionBytes(payloadBytes),
    chainLengthMax: scheme.chainLengthMax,
    createOwner: (memory, incarnation) =>
      ownerUnderTest(scheme, memory, shapeOf(incarnation), kernels, firstVersion),
    createReader: (incarnation) => scheme.createReader(shapeOf(incarnation), kernels),
  }
}

function ownerUnderTest(
  scheme: SeqlockScheme,
  memory: LocalMemory,
  shape: Parameters<SeqlockScheme['createOwner']>[1],
  kernels: MemoryKernels,
  firstVersion: number,
): OwnerUnderTest {
  const owner = scheme.createOwner(memory, shape, kernels)
  /** Two overlapping pieces, so that the undo copy has to tell old bytes from new ones. */
  const part = (offset: number, bytes: Uint8Array, abort: boolean): void => {
    const token = owner.writeBegin()
    const middle = bytes.length >> 1
    token.copyIn(offset + middle, bytes.subarray(middle))
    token.copyIn(offset, bytes.subarray(0, Math.min(bytes.length, middle + 2)))
    if (abort) owner.writeAbort(token)
    else owner.writeEnd(token)
  }
  return {
    get version() {
      return owner.version
    },
    format: (payload) => owner.format(payload, firstVersion),
    publish: (payload) => void owner.write(payload),
    update: (payload) => void owner.update((present) => present.set(payload)),
    publishPart: (offset, bytes) => part(offset, bytes, false),
    abortPart: (offset, bytes) => part(offset, bytes, true),
    close: () => owner.close(),
  }
}
