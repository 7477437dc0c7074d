// Goal: a reader's values are what its bytes mean, its READs what it asked for. Method: values decoded
// from given bytes; operations of a machine noted by a sink, landed by hand.
import { expect, test } from 'vitest'
import { Verdict } from '../../../src/protocols/machine.ts'
import { GeneratorMachine } from '../../../src/testing/generator-machine.ts'
import { type Layout, nameOfBytes } from '../../../src/testing/layout.ts'
import { createReaderIo } from '../../../src/testing/reader-io.ts'
import { layout } from './support/protocols.ts'

const io = createReaderIo(layout, { version: 6 })

const wordOf = (value: bigint): Uint8Array => {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value, true)
  return bytes
}

test('a word that storeWord cannot have stored equals nothing', () => {
  const largest = BigInt(Number.MAX_SAFE_INTEGER)
  expect(io.word('version').decode(wordOf(7n))).toBe(7)
  expect(io.word('version').decode(wordOf(largest))).toBe(Number.MAX_SAFE_INTEGER)
  expect(io.word('version').decode(wordOf(largest + 1n))).toBeNaN()
  expect(io.word64(0).decode(wordOf(2n ** 64n - 1n))).toBe(2n ** 64n - 1n)
})

test('bytes are a copy: what lands next does not change them', () => {
  const landed = Uint8Array.of(1, 2, 3)
  const value = io.bytes(8, 3).decode(landed)
  landed.fill(9)
  expect(value).toEqual(Uint8Array.of(1, 2, 3))
})

test('fields are one READ from the first to the last', () => {
  const read = io.fields('payload', 'version')
  expect(read).toMatchObject({ offset: 0, lengthBytes: 24, isFenced: false })
  const landed = new Uint8Array(24).fill(5)
  landed.set(wordOf(4n))
  expect(read.decode(landed)).toEqual({ version: 4, payload: new Uint8Array(16).fill(5) })
})

test('a fenced READ is another one', () => {
  const read = io.word('version')
  expect(read.fenced()).toMatchObject({ offset: 0, lengthBytes: 8, isFenced: true })
  expect(read.isFenced).toBe(false)
})

test('a machine posts the chains of its generator and delivers the part asked for', () => {
  const posted: unknown[] = []
  const sink = { read: (...operation: unknown[]) => void posted.push(operation) }
  const machine = new GeneratorMachine(
    layout,
    function* ({ word, bytes, chain, accept, lastVersion }) {
      const [payload, version] = yield* chain(bytes('payload'), word('version').fenced())
      const again = yield* word('version')
      return accept(payload, version + again + lastVersion)
    },
    64,
  )
  const landing = new Uint8Array(64)
  machine.bind(landing)
  const target = new Uint8Array(4)
  const attempt = (): number => {
    machine.start({ target, offset: 2, lengthBytes: 4, knownVersion: 0 })
    machine.begin(sink)
    landing.set(Uint8Array.from({ length: 16 }, (_, index) => index))
    landing.set(wordOf(10n), 16)
    expect(machine.resume(sink)).toBe(Verdict.More)
    landing.set(wordOf(1n))
    return machine.resume(sink)
  }
  expect(attempt()).toBe(Verdict.Done)
  expect(posted).toEqual([
    [0, 8, 16, false],
    [16, 0, 8, true],
    [0, 0, 8, false],
  ])
  expect(target).toEqual(Uint8Array.of(2, 3, 4, 5))
  expect(machine.version).toBe(11)
  attempt()
  expect(machine.version).toBe(22)
})

test('bytes have names where a field covers them', () => {
  const named = layout as Layout
  expect(nameOfBytes(named, 0, 8)).toBe('version')
  expect(nameOfBytes(named, 16, 8)).toBe('payload word 1')
  expect(nameOfBytes(named, 8, 16)).toBe('payload')
  expect(nameOfBytes(named, 20, 2)).toBe('payload bytes 12 to 13')
  expect(nameOfBytes(named, 20, 1)).toBe('payload byte 12')
  expect(nameOfBytes(named, 0, 1)).toBe('version byte 0')
  expect(nameOfBytes({ ...named, fields: { body: { offset: 8, lengthBytes: 24 } } }, 16, 16)).toBe(
    'body words 1 to 2',
  )
  expect(nameOfBytes(named, 0, 16)).toBeUndefined()
  expect(nameOfBytes(named, 24, 8)).toBeUndefined()
})
