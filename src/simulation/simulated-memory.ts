// Memory of a simulated host: what NICs sample and CPUs load. Invariant: bytes change only through
// `note`d stores, so that whoever overlaps with a change can be told so.

/** Landing memory is filled with it when a READ is posted: its contents are undefined till the end. */
export const POISON = 0xd7

export class SimulatedMemory {
  /** For reports. */
  readonly name: string
  /** Order of creation in its world. */
  readonly index: number
  readonly bytes: Uint8Array
  /** The same bytes as 32-bit words; lengths are rounded up to whole words. */
  readonly words: Int32Array
  /** False once deregistered: operations that touch it then fail. */
  valid = true
  /** Grows with every store: tells whether the memory changed meanwhile. */
  changes = 0
  /** While recording: the step that stored each byte, 0 for the beginning. */
  stamps: Int32Array | null = null
  #beginning: Uint8Array

  /** @param buffer memory to use; its own by default. A multiple of 8 bytes long. */
  constructor(name: string, index: number, lengthBytes: number, buffer?: ArrayBuffer) {
    this.name = name
    this.index = index
    const memory = buffer ?? new ArrayBuffer(Math.ceil(lengthBytes / 8) * 8)
    this.bytes = new Uint8Array(memory)
    this.words = new Int32Array(memory)
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
    this.valid = true
    this.changes = 0
    this.stamps = recording ? new Int32Array(this.bytes.length) : null
  }

  /** Tells that `lengthBytes` bytes at `offset` were stored in `step`. */
  note(offset: number, lengthBytes: number, step: number): void {
    this.changes += 1
    this.stamps?.fill(step, offset, offset + lengthBytes)
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
