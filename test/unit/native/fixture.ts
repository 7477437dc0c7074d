// Two connected queue pairs of one device, straight on the binding: no fabric in between.
import { afterEach, beforeEach, expect } from 'vitest'
import { OperationRing } from '../../../src/fabric/operation-ring.ts'
import {
  NativeAccess,
  type NativeDevice,
  type NativeQueuePair,
  type NativeQueuePairOptions,
  type NativeRegion,
} from '../../../src/native/binding.ts'
import { native } from '../../../src/native/load.ts'

export const REGION_BYTES = 4096
export const SEND_DEPTH = 6
export const RECEIVE_DEPTH = 3
export const ALL_RIGHTS = 15

export const queuePairOptions: NativeQueuePairOptions = {
  sendDepth: SEND_DEPTH,
  receiveDepth: RECEIVE_DEPTH,
  port: 1,
  gidIndex: 0,
  timeoutExponent: 14,
  retryCount: 7,
  rnrRetryCount: 0,
}

export interface CompletionFields {
  readonly id: number
  readonly status: number
  readonly opcode: number
  readonly lengthBytes: number
  readonly immediate: number
  readonly flags: number
}

/** A queue pair with its three buffers in view. */
export class Side {
  readonly queuePair: NativeQueuePair
  readonly ring: OperationRing
  readonly control: Int32Array

  constructor(device: NativeDevice, options: Partial<NativeQueuePairOptions> = {}) {
    this.queuePair = device.createQueuePair({ ...queuePairOptions, ...options })
    this.ring = new OperationRing(this.queuePair.records, this.queuePair.control)
    this.control = this.ring.control
  }

  submit(): number {
    const status = this.queuePair.submit()
    this.ring.clear()
    return status
  }

  submitAndPoll(): number {
    const status = this.queuePair.submitAndPoll()
    this.ring.clear()
    return status
  }

  completion(index: number): CompletionFields {
    const words = new Uint32Array(this.queuePair.completions)
    const at = (field: number): number => words[index * 8 + field] as number
    return {
      id: at(0),
      status: at(1),
      opcode: at(2),
      lengthBytes: at(3),
      immediate: at(4),
      flags: at(5),
    }
  }

  poll(): CompletionFields[] {
    return Array.from({ length: this.queuePair.poll() }, (_, index) => this.completion(index))
  }
}

export class Pair {
  readonly device: NativeDevice = native().openDevice('shared-memory', 'shm')
  readonly near: Side = new Side(this.device)
  readonly far: Side = new Side(this.device)
  readonly local: NativeRegion = this.register(NativeAccess.localWrite)
  readonly owned: NativeRegion = this.register(ALL_RIGHTS)
  readonly remote: number = this.device.importRegion(this.owned.descriptor)

  constructor() {
    this.near.queuePair.connect(this.far.queuePair.endpoint)
    this.far.queuePair.connect(this.near.queuePair.endpoint)
  }

  register(access: number, bytes: number = REGION_BYTES): NativeRegion {
    return this.device.registerMemory({ bytes, access, hugePages: false })
  }

  /** Pushes an operation between the starts of both regions. */
  push(opcode: number, id: number, length: number = 8, flags: number = 0): void {
    this.near.ring.push(opcode, flags, id, this.local.handle, 0, this.remote, 0, length)
  }

  postReceive(id: number, length: number, offset: number = 0): number {
    this.far.ring.push(7, 0, id, this.owned.handle, offset, 0, 0, length)
    return this.far.submit()
  }
}

/** A fresh pair for each test; its device is closed afterwards. */
export function usePair(): () => Pair {
  let pair: Pair | undefined
  beforeEach(() => {
    pair = new Pair()
  })
  afterEach(() => {
    pair?.device.close()
    pair = undefined
  })
  return () => {
    if (pair === undefined) throw new Error('usePair: called outside a test')
    return pair
  }
}

/** What a call throws; fails the test when it throws nothing. */
export function thrownBy(run: () => unknown): Error & { code?: string; errno?: number } {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(Error)
    return error as Error & { code?: string; errno?: number }
  }
  throw new Error('nothing was thrown')
}

export function codeOf(run: () => unknown): string | undefined {
  return thrownBy(run).code
}
