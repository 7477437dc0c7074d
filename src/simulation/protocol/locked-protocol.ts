// Locked regions as protocols to be explored in worlds of one owner and readers: the owner takes the lock
// and publishes by a holder's machines, which post to a queue pair to itself. What such a queue pair
// promises, stores promise with a barrier between operations: a WRITE is placed before anything later,
// its pieces in any order. Invariant: one holder, so every attempt to take the lock takes it; several,
// and what they do to each other, are in ../lock.
import type { LocalMemory, MemoryKernels } from '../../protocols/local-memory.ts'
import { type LockScheme, type LockShape, lockRegionBytes } from '../../protocols/lock/index.ts'
import { type RemoteMachine, type RemoteSink, Verdict } from '../../protocols/machine.ts'
import { HolderMachine } from '../lock/holder-machine.ts'
import type { OwnerUnderTest, ProtocolUnderTest } from './protocol-under-test.ts'

export interface LockedProtocolOptions {
  readonly payloadBytes: number
  readonly name?: string
}

const GENERATION = 0x7_1234_5678
const HASH_KEY = 0xfeed_beef_1234_5679n
const OWNER_IDENTITY = 1
/** What formatting publishes. */
const FIRST_VERSION = 2

/** A locked region of one strategy, whose owner is its only holder. */
export function lockedProtocol(
  scheme: LockScheme & { readonly name: string },
  kernels: MemoryKernels,
  options: LockedProtocolOptions,
): ProtocolUnderTest {
  const { payloadBytes } = options
  const shapeOf = (incarnation: number): LockShape => ({
    payloadBytes,
    generation: GENERATION + incarnation,
    hashKey: HASH_KEY + BigInt(2 * incarnation),
  })
  return {
    name: options.name ?? `locked ${scheme.name}`,
    payloadBytes,
    regionBytes: lockRegionBytes(payloadBytes),
    chainLengthMax: scheme.chainLengthMax,
    createOwner: (memory, incarnation) =>
      ownerUnderTest(scheme, memory, shapeOf(incarnation), kernels),
    createReader: (incarnation) => scheme.createReader(shapeOf(incarnation), kernels),
  }
}

function ownerUnderTest(
  scheme: LockScheme,
  memory: LocalMemory,
  shape: LockShape,
  kernels: MemoryKernels,
): OwnerUnderTest {
  const acquire = scheme.createAcquire(shape, kernels, OWNER_IDENTITY)
  const holder = new HolderMachine(acquire, scheme.createRelease(shape, kernels))
  const closing = scheme.createClose(shape, kernels)
  const landing = new Uint8Array(Math.max(holder.landingBytes, closing.landingBytes))
  holder.bind(landing)
  closing.bind(landing)
  const run = (machine: RemoteMachine): void => carryOut(machine, memory, landing)
  const take = (): void => {
    holder.switchTo(acquire)
    run(holder)
  }
  const give = (): void => {
    holder.switchTo(holder.release)
    run(holder)
  }
  return {
    get version() {
      return Math.max(FIRST_VERSION, holder.release.version)
    },
    format: (payload) => scheme.format(memory, shape, kernels, payload),
    publish: (payload) => {
      take()
      holder.release.publish(acquire.word, payload)
      give()
    },
    publishPart: (offset, bytes) => {
      take()
      const payload = acquire.payload.slice()
      payload.set(bytes, offset)
      holder.release.publish(acquire.word, payload)
      give()
    },
    abortPart: () => {
      take()
      holder.release.discard(acquire.word)
      give()
    },
    close: () => {
      take()
      closing.start(acquire.word)
      run(closing)
    },
  }
}

/** Runs a machine to its end over its owner's own memory. */
function carryOut(machine: RemoteMachine, memory: LocalMemory, landing: Uint8Array): void {
  const words = new DataView(landing.buffer, landing.byteOffset)
  const sink: RemoteSink = {
    read: (to, from, lengthBytes) => landing.set(memory.view(from, lengthBytes), to),
    write: (from, to, lengthBytes) => {
      memory.copyIn(to, landing.subarray(from, from + lengthBytes))
      memory.barrier('afterPublish')
    },
    compareAndSwap: (to, at, expected, desired) => {
      const bytes = memory.view(at, 8)
      const found = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)
      if (found === expected) memory.storeWord64(at, desired)
      memory.barrier('afterPublish')
      words.setBigUint64(to, found, true)
    },
  }
  machine.begin(sink)
  let verdict = machine.resume(sink)
  while (verdict === Verdict.More) verdict = machine.resume(sink)
  if (verdict !== Verdict.Done) throw new Error(`the only holder was refused: ${verdict}`)
}
