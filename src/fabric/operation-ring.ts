// The shared buffers of one queue pair: operation records in, completion records out, control
// words both ways. Mirrors addon/core/records.h; test/contract checks that both sides agree.
//
//   operation record, 64 bytes            completion record, 32 bytes    control words
//    0 u32 opcode                          0 u32 id                       0 count to submit
//    4 u32 flags                           4 u32 status                   1 budget, microseconds
//    8 u32 local region handle             8 u32 opcode                   2 index of rejected record
//   12 u32 remote region handle           12 u32 length, bytes            3 completions reaped on the side
//   16 f64 local offset, bytes            16 u32 immediate                4 vendor error of the last failure
//   24 f64 remote offset, bytes           20 u32 flags (ChainEnd)         5 opcode of the last failure
//   32 u32 length, bytes                  24 u32 vendor error             6 operations in flight
//   36 u32 immediate                      28 u32 reserved
//   40 u64 compare, or addend
//   48 u64 swap
//   56 u32 id
//   60 u32 reserved

export const Opcode = {
  Read: 1,
  Write: 2,
  WriteWithImmediate: 3,
  CompareAndSwap: 4,
  FetchAndAdd: 5,
  Send: 6,
  Receive: 7,
  /** Completion only: a peer's write with immediate consumed a posted receive. */
  ReceiveWithImmediate: 8,
} as const

export const OperationFlags = {
  /** Wait for all earlier READs and atomics of this queue pair. */
  Fence: 1,
  /** Report this operation's success; failures are always reported. */
  Signalled: 2,
  /** Last operation of a chain: its completion carries CompletionFlags.ChainEnd. */
  ChainEnd: 4,
} as const

export const CompletionFlags = { ChainEnd: 1 } as const

export const RECORD_BYTES = 64
export const COMPLETION_BYTES = 32
export const CONTROL_WORDS = 16

export const Control = {
  Count: 0,
  BudgetUs: 1,
  RejectedIndex: 2,
  ReapedCount: 3,
  VendorError: 4,
  FailedOpcode: 5,
  InFlight: 6,
} as const

/** Writes operation records. One per queue pair; cleared by `submit`. */
export class OperationRing {
  readonly control: Int32Array
  readonly capacity: number
  readonly #words: Uint32Array
  readonly #doubles: Float64Array
  readonly #longs: BigUint64Array

  constructor(records: ArrayBuffer, control: ArrayBuffer) {
    this.capacity = records.byteLength / RECORD_BYTES
    this.control = new Int32Array(control)
    this.#words = new Uint32Array(records)
    this.#doubles = new Float64Array(records)
    this.#longs = new BigUint64Array(records)
  }

  get count(): number {
    return this.control[Control.Count] as number
  }

  /** Forgets what was pushed and not submitted. */
  clear(): void {
    this.control[Control.Count] = 0
  }

  /**
   * Appends one record. Offsets and length in bytes; handles from the device.
   * @throws RangeError ERR_UNTORN_RING_FULL when `capacity` records wait already.
   */
  push(
    opcode: number,
    flags: number,
    id: number,
    localRegion: number,
    localOffset: number,
    remoteRegion: number,
    remoteOffset: number,
    lengthBytes: number,
    immediate: number = 0,
  ): void {
    const index = this.control[Control.Count] as number
    if (index >= this.capacity) throw ringFull(this.capacity)
    const word = index << 4
    const words = this.#words
    words[word] = opcode
    words[word + 1] = flags
    words[word + 2] = localRegion
    words[word + 3] = remoteRegion
    this.#doubles[(index << 3) + 2] = localOffset
    this.#doubles[(index << 3) + 3] = remoteOffset
    words[word + 8] = lengthBytes
    words[word + 9] = immediate
    words[word + 14] = id
    this.control[Control.Count] = index + 1
  }

  /**
   * Marks the record pushed last as signalled and as the end of its chain; returns its id,
   * 0 when the ring is empty.
   */
  endChain(): number {
    const count = this.control[Control.Count] as number
    if (count === 0) return 0
    const word = (count - 1) << 4
    const flags = this.#words[word + 1] as number
    this.#words[word + 1] = flags | OperationFlags.Signalled | OperationFlags.ChainEnd
    return this.#words[word + 14] as number
  }

  /** Sets the 64-bit operands of the record pushed last. */
  operands(compareOrAdd: bigint, swap: bigint): void {
    const index = (this.control[Control.Count] as number) - 1
    this.#longs[(index << 3) + 5] = compareOrAdd
    this.#longs[(index << 3) + 6] = swap
  }
}

function ringFull(capacity: number): RangeError {
  return Object.assign(
    new RangeError(`the operation ring holds ${capacity} records; submit before pushing more`),
    { code: 'ERR_UNTORN_RING_FULL' },
  )
}
