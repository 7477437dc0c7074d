// Goal: formatting memory that held another region never shows a reader old and new bytes as one
// snapshot, and what it held makes no difference in the end. Method: a reader looks after every single store of `format`.
import { describe, expect, test } from 'vitest'
import { type OperationSink, Verdict, seqlockStrategies } from '../../../src/protocols/index.ts'
import { LoggedMemory, kernels, pattern, shapeOf } from './support/bench-region.ts'

const names = ['fenced', 'hash', 'words', 'lines'] as const
const size = 120
const first = pattern(size, 1)

/** Tells after every store. */
class WatchedMemory extends LoggedMemory {
  watch: () => void = () => {}

  override storeWord(offset: number, value: number): void {
    super.storeWord(offset, value)
    this.watch()
  }

  override storeWord64(offset: number, value: bigint): void {
    super.storeWord64(offset, value)
    this.watch()
  }

  override copyIn(offset: number, source: Uint8Array): void {
    super.copyIn(offset, source)
    this.watch()
  }

  override storeTagged(offset: number, source: Uint8Array, tag: number): void {
    super.storeTagged(offset, source, tag)
    this.watch()
  }
}

describe.each(names)('%s', (name) => {
  const scheme = seqlockStrategies[name]

  test('old memory is marked before it is overwritten', () => {
    const memory = new WatchedMemory(scheme.regionBytes(size))
    const old = scheme.createOwner(memory, shapeOf(size), kernels)
    old.format(pattern(size, 7))
    for (let salt = 8; salt < 11; salt += 1) old.write(pattern(size, salt))
    const present = pattern(size, 10)

    const reader = scheme.createReader(shapeOf(size), kernels)
    const landing = new Uint8Array(reader.landingBytes)
    reader.bind(landing)
    const sink: OperationSink = {
      read: (to, from, length) => landing.set(memory.bytes.subarray(from, from + length), to),
    }
    const target = new Uint8Array(size)
    const read = (): number => {
      reader.start({ target, offset: 0, lengthBytes: size, knownVersion: 0 })
      reader.begin(sink)
      for (;;) {
        const verdict = reader.resume(sink)
        if (verdict !== Verdict.More) return verdict
      }
    }
    let looks = 0
    memory.watch = () => {
      looks += 1
      if (read() !== Verdict.Done) return
      const expected = reader.version === 2 ? first : present
      expect(target).toEqual(expected)
    }
    scheme.createOwner(memory, shapeOf(size), kernels).format(first)
    expect(looks).toBeGreaterThan(0)
    expect(read()).toBe(Verdict.Done)
    expect(target).toEqual(first)
    expect(reader.version).toBe(2)
  })

  test.each([1, 57, 64, 121])('memory of any contents holds %i bytes as zeros would', (bytes) => {
    const payload = pattern(bytes, 1)
    const memory = new LoggedMemory(scheme.regionBytes(bytes))
    memory.bytes.fill(0xee)
    scheme.createOwner(memory, shapeOf(bytes), kernels).format(payload)
    const reader = scheme.createReader(shapeOf(bytes), kernels)
    const landing = new Uint8Array(reader.landingBytes)
    reader.bind(landing)
    const sink: OperationSink = {
      read: (to, from, length) => landing.set(memory.bytes.subarray(from, from + length), to),
    }
    const target = new Uint8Array(bytes)
    reader.start({ target, offset: 0, lengthBytes: bytes, knownVersion: 0 })
    reader.begin(sink)
    expect(reader.resume(sink)).toBe(Verdict.Done)
    expect(target).toEqual(payload)
    // No word of another strategy is left behind where readers of this one do not look.
    if (name === 'fenced') expect(memory.loadWord(0)).toBe(0)
  })
})
