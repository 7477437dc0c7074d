// What every part of the conformance suite starts from: two connected queue pairs on one device.
// The suite is provider-agnostic: a provider passes when it passes all parts unchanged.
import { afterEach, beforeEach, expect } from 'vitest'
import type { Device, MemoryRegion, QueuePair, RemoteRegion } from '../../src/fabric/contract.ts'
import { Opcode, OperationFlags } from '../../src/fabric/operation-ring.ts'

export interface Provider {
  readonly name: string
  open(): Promise<Device>
}

/** Long enough for an emulated guest; every wait ends in a failed assertion, not in a hang. */
export const BUDGET_US = 2_000_000
export const REGION_BYTES = 8192

export interface OperationOptions {
  readonly localOffset?: number
  readonly remoteOffset?: number
  readonly length?: number
  readonly flags?: number
  readonly immediate?: number
  readonly compareOrAdd?: bigint
  readonly swap?: bigint
}

/** A reader side (local region, queue pair) and an owner side (remote region, its queue pair). */
export class Pair {
  readonly device: Device
  readonly near: QueuePair
  readonly far: QueuePair
  readonly local: MemoryRegion
  readonly owned: MemoryRegion
  readonly remote: RemoteRegion

  constructor(device: Device) {
    this.device = device
    this.near = device.createQueuePair({ sendDepth: 16, receiveDepth: 16 })
    this.far = device.createQueuePair({ sendDepth: 16, receiveDepth: 16 })
    this.near.connect(this.far.endpoint)
    this.far.connect(this.near.endpoint)
    this.local = device.allocate(REGION_BYTES)
    this.owned = device.allocate(REGION_BYTES, {
      remoteRead: true,
      remoteWrite: true,
      remoteAtomic: true,
    })
    this.remote = device.importRegion(this.owned.descriptor)
  }

  push(opcode: number, options: OperationOptions = {}): number {
    const id = this.near.nextId()
    this.near.ring.push(
      opcode,
      options.flags ?? 0,
      id,
      this.local.handle,
      options.localOffset ?? 0,
      opcode === Opcode.Send ? 0 : this.remote.handle,
      options.remoteOffset ?? 0,
      options.length ?? 8,
      options.immediate ?? 0,
    )
    if (options.compareOrAdd !== undefined) {
      this.near.ring.operands(options.compareOrAdd, options.swap ?? 0n)
    }
    return id
  }

  /** One operation, to its end. Returns its status. */
  run(opcode: number, options: OperationOptions = {}): number {
    this.push(opcode, options)
    return this.near.submitAndPoll(BUDGET_US)
  }

  /** Posts receives of `length` bytes on the far side, landing at 0, length, 2·length … */
  receive(count: number, length: number): number {
    for (let index = 0; index < count; index++) {
      this.far.ring.push(
        Opcode.Receive,
        OperationFlags.Signalled,
        index + 1,
        this.owned.handle,
        index * length,
        0,
        0,
        length,
      )
    }
    return this.far.postReceives()
  }

  localWords(): BigUint64Array {
    return new BigUint64Array(this.local.bytes.buffer)
  }

  ownedWords(): BigUint64Array {
    return new BigUint64Array(this.owned.bytes.buffer)
  }
}

/** A fresh pair for each test; closing the device must always succeed. */
export function usePair(provider: Provider): () => Pair {
  let pair: Pair | undefined
  beforeEach(async () => {
    pair = new Pair(await provider.open())
  })
  afterEach(async () => {
    await pair?.device.close()
    pair = undefined
  })
  return () => {
    if (pair === undefined) throw new Error('usePair: called outside a test')
    return pair
  }
}

export function pattern(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + seed * 17 + (index >> 8)) & 255)
}

/** Asserts on the code of a synchronous throw. */
export function expectCode(run: () => unknown, code: string): void {
  let caught: unknown
  try {
    run()
  } catch (error) {
    caught = error
  }
  expect(caught, `expected a throw with ${code}`).toBeInstanceOf(Error)
  expect((caught as { code?: string }).code).toBe(code)
}

export async function until(condition: () => boolean, timeoutMs = 5000): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('condition not met in time')
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
