// Memory of a simulated host: what NICs sample and CPUs load. Invariant: during a run bytes change
// only through `store`, so that it is known what changed when, and (foreseen) what will change no more.

/** Landing memory is filled with it when a READ is posted: its contents are undefined till the end. */
export const POISON = 0xd7

/** More stores than any buffer holds: what nobody can say will ever settle. */
const NEVER = 0x7fff_ffff

/** What an operation names remote memory by: a memory itself, or a window into one. */
export interface RemoteKey {
  /** False once its owner took it back: operations that use it then fail. */
  readonly valid: boolean
}

export class SimulatedMemory implements RemoteKey {
  /** For reports. */
  readonly name: string
  /** Order of creation in its world. */
  readonly index: number
  readonly bytes: Uint8Array
  /** The same bytes as 32-bit words; lengths are rounded up to whole words. */
  readonly words: Int32Array
  /** False once deregistered: operations that touch it then fail. */
  valid = true
  /** Grows with every step that changes a byte, however many stores it makes visible. */
  changes = 0
  /** While recording: the step that stored each byte, 0 for the beginning. */
  stamps: Int32Array | null = null
  /** A granule has 2 to the power of this bytes. */
  readonly #granuleShift: number
  /** For each granule, `changes` at its last change. */
  readonly #changedAt: Int32Array
  /** For each granule, how many of its CPU's stores must be visible until it stays as it is. */
  readonly #settlesAt: Int32Array
  /** The step of the latest change. */
  #changeStep = 0
  #beginning: Uint8Array

  /** @param buffer memory to use; its own by default. A multiple of 8 bytes long. */
  constructor(
    name: string,
    index: number,
    lengthBytes: number,
    granuleBytes: number = 8,
    buffer?: ArrayBuffer,
  ) {
    this.name = name
    this.index = index
    const memory = buffer ?? new ArrayBuffer(Math.ceil(lengthBytes / 8) * 8)
    this.bytes = new Uint8Array(memory)
    this.words = new Int32Array(memory)
    this.#granuleShift = Math.log2(granuleBytes)
    this.#changedAt = new Int32Array(Math.ceil(memory.byteLength / granuleBytes))
    this.#settlesAt = new Int32Array(this.#changedAt.length).fill(NEVER)
    this.#beginning = new Uint8Array(0)
  }

  /** Remembers the present contents as the beginning of every run. */
  seal(): void {
    this.#beginning = this.bytes.slice()
  }

  /** Back to the beginning. */
  reset(recording: boolean): void {
    if (this.#beginning.length === this.bytes.length) this.bytes.set(this.#beginning)
    else this.bytes.fill(0)
    this.#changedAt.fill(0)
    this.valid = true
    this.changes = 0
    this.#changeStep = 0
    this.stamps = recording ? new Int32Array(this.bytes.length) : null
  }

  /** Stores `lengthBytes` bytes of `source` from `from` on. */
  store(offset: number, source: Uint8Array, from: number, lengthBytes: number, step: number): void {
    const { bytes } = this
    for (let at = 0; at < lengthBytes; at += 1) {
      const byte = source[from + at] as number
      if (bytes[offset + at] === byte) continue
      // Nobody samples in the middle of a step, so its changes are one, in `changedLast` too.
      if (this.#changeStep !== step) this.changes += 1
      this.#changeStep = step
      bytes[offset + at] = byte
      this.#changedAt[(offset + at) >>> this.#granuleShift] = this.changes
    }
    this.stamps?.fill(step, offset, offset + lengthBytes)
  }

  /** Whether the latest change of this memory was one of the granule at `offset`. */
  changedLast(offset: number): boolean {
    return this.#changedAt[offset >>> this.#granuleShift] === this.changes
  }

  /** Whether the granule at `offset` stays as it is once so many stores of its CPU are visible. */
  settledAfter(offset: number, stores: number): boolean {
    return (this.#settlesAt[offset >>> this.#granuleShift] as number) <= stores
  }

  /** Nobody but one CPU stores here, and what it will store is known: see `settles`. */
  foresee(): void {
    this.#settlesAt.fill(0)
  }

  /** Store number `index` of that CPU may change the byte at `offset`. */
  settles(offset: number, index: number): void {
    this.#settlesAt[offset >>> this.#granuleShift] = index + 1
  }

  /** The latest step that stored any of these bytes; 0 without recording. */
  storedIn(offset: number, lengthBytes: number): number {
    const { stamps } = this
    if (stamps === null) return 0
    let latest = 0
    for (let at = offset; at < offset + lengthBytes; at += 1) {
      latest = Math.max(latest, stamps[at] as number)
    }
    return latest
  }
}
