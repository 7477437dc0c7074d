// Goal: reads of a region whose owner decides how long each version is give results of just that length,
// in every shape, and never each other's bytes. Method: a machine that fetches version, length and bytes
// in one READ, on the fake fabric; objects are stored by the test between any two READs.
import { beforeAll, describe, expect, it, vi } from 'vitest'
import {
  Evidence,
  type OperationSink,
  type ReaderMachine,
  type ReadRequest,
  Verdict,
  type VerdictCode,
} from '../../../src/protocols/machine.ts'
import { prepareRegions } from '../../../src/regions/kernels.ts'
import { SLOT_COUNT_MAX } from '../../../src/regions/landing-pool.ts'
import { ObjectReader } from '../../../src/regions/object-reader.ts'
import { ReadContext } from '../../../src/regions/read-context.ts'
import { retryPolicy } from '../../../src/regions/retry-policy.ts'
import { FakeDevice, type FakeQueuePair, type FakeRegion } from './fake-fabric.ts'
import { codeOf, FakeSource, makeWorld, payloadOf } from './fixture.ts'

vi.mock('../../../src/native/load.ts', async () => {
  const { fakeNative } = await import('./fake-fabric.ts')
  return { native: () => fakeNative }
})
beforeAll(() => prepareRegions())

const BYTES_MAX = 100
const HEADER_BYTES = 8

/** Version and length in one byte each, at 0 and 4; the object from 8 on. */
class ObjectMachine implements ReaderMachine {
  readonly landingBytes = HEADER_BYTES + BYTES_MAX
  readonly evidence = Evidence.None
  payloadView: Uint8Array | null = null
  version = 0
  resultBytes = 0
  #landing: Uint8Array = new Uint8Array(0)
  #request: ReadRequest | undefined

  bind(landing: Uint8Array): void {
    this.#landing = landing
    this.payloadView = landing.subarray(HEADER_BYTES, this.landingBytes)
  }

  start(request: ReadRequest): void {
    this.#request = request
  }

  begin(sink: OperationSink): void {
    sink.read(0, 0, this.landingBytes, false)
  }

  resume(): VerdictCode {
    expect(this.#request?.target).toBe(this.payloadView)
    expect(this.#request?.lengthBytes).toBe(BYTES_MAX)
    this.version = this.#landing[0] ?? 0
    this.resultBytes = this.#landing[4] ?? 0
    return this.version === this.#request?.knownVersion ? Verdict.Unchanged : Verdict.Done
  }
}

interface World {
  readonly reader: ObjectReader
  readonly queuePair: FakeQueuePair
  /** Stores version v, `lengthBytes` long. */
  readonly store: (version: number, lengthBytes: number) => void
}

async function make(): Promise<World> {
  const device = new FakeDevice()
  const { entry } = await makeWorld({ bytes: BYTES_MAX }, {}, device)
  const queuePair = device.createQueuePair()
  const region: FakeRegion = device.allocate(HEADER_BYTES + BYTES_MAX)
  const binding = { device, queuePair, entry, remoteHandle: region.handle }
  const source = new FakeSource(binding)
  const context = new ReadContext(source, entry, binding, () => new ObjectMachine())
  const store = (version: number, lengthBytes: number): void => {
    region.bytes.fill(0xee)
    region.bytes[0] = version
    region.bytes[4] = lengthBytes
    region.bytes.set(payloadOf(version, lengthBytes), HEADER_BYTES)
  }
  store(1, 10)
  return { reader: new ObjectReader(context, retryPolicy({})), queuePair, store }
}

const object = (version: number, lengthBytes: number): object => ({
  version,
  bytes: payloadOf(version, lengthBytes),
})

describe('objects', () => {
  it('are read in every shape, as long as they are', async () => {
    const { reader, store } = await make()
    for (const [version, lengthBytes] of [
      [1, 10],
      [2, 0],
      [3, BYTES_MAX],
      [4, 1],
    ] as const) {
      store(version, lengthBytes)
      const expected = object(version, lengthBytes)
      const target = new Uint8Array(BYTES_MAX)
      expect(await reader.read()).toEqual(expected)
      expect(reader.readSync()).toEqual(expected)
      expect(reader.borrowSync()).toEqual(expected)
      expect(await reader.readInto(target)).toEqual(expected)
      expect(reader.readIntoSync(target)).toEqual(expected)
      expect(target.subarray(0, lengthBytes)).toEqual(payloadOf(version, lengthBytes))
      expect(await reader.readIfChanged(version - 1)).toEqual(expected)
      expect(reader.readIfChangedSync(0)).toEqual(expected)
      expect(await reader.readIfChanged(version)).toBeUndefined()
      expect(reader.readIfChangedSync(version)).toBeUndefined()
      expect(reader.version).toBe(version)
    }
    expect(reader.statistics).toMatchObject({ reads: 28, unchanged: 8, failures: {} })
  })

  it('are copied out before their slot serves another read', async () => {
    const { reader, queuePair, store } = await make()
    queuePair.slow = true
    queuePair.beforeRead = (index) => store(index + 1, (index * 7) % BYTES_MAX)
    const results = await Promise.all(
      Array.from({ length: 3 * SLOT_COUNT_MAX }, () => reader.read()),
    )
    for (const { version, bytes } of results) {
      expect(bytes).toEqual(payloadOf(version, ((version - 1) * 7) % BYTES_MAX))
    }
    expect(new Set(results.map(({ version }) => version)).size).toBe(results.length)
  })

  it('that do not fit are a failure, and the reader goes on', async () => {
    const { reader } = await make()
    const short = new Uint8Array(9)
    for (let read = 0; read < 2 * SLOT_COUNT_MAX; read++) {
      expect(await codeOf(() => reader.readInto(short))).toBe('ERR_UNTORN_OUT_OF_BOUNDS')
      expect(await codeOf(() => reader.readIntoSync(short))).toBe('ERR_UNTORN_OUT_OF_BOUNDS')
    }
    expect(short).toEqual(new Uint8Array(9))
    expect(await reader.read()).toEqual(object(1, 10))
  })

  it.each([{ offset: 0 }, { length: 4 }, null, 7])('are not read by %j', async (options) => {
    const { reader } = await make()
    const wrong = options as never
    for (const work of [
      () => reader.read(wrong),
      () => reader.readSync(wrong),
      () => reader.borrowSync(wrong),
      () => reader.readIfChanged(1, wrong),
      () => reader.readIfChangedSync(1, wrong),
      () => reader.readInto(new Uint8Array(BYTES_MAX), wrong),
      () => reader.readIntoSync(new Uint8Array(BYTES_MAX), wrong),
    ]) {
      expect(await codeOf(work)).toBe('ERR_UNTORN_ARGUMENT')
    }
  })

  it('need bytes to be read into', async () => {
    const { reader } = await make()
    const target = 'text' as never
    expect(await codeOf(() => reader.readInto(target))).toBe('ERR_UNTORN_ARGUMENT')
    expect(await codeOf(() => reader.readIntoSync(target))).toBe('ERR_UNTORN_ARGUMENT')
  })
})
