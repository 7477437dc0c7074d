// Goal: the parts that the handles are made of keep their invariants. Method: each alone.
import { describe, expect, it, vi } from 'vitest'
import { Status } from '../../../src/fabric/status.ts'
import { Evidence, type ReaderMachine, Verdict } from '../../../src/protocols/machine.ts'
import { seqlockStrategies } from '../../../src/protocols/seqlock/index.ts'
import { preparedKernels } from '../../../src/regions/kernels.ts'
import { MachineRunner } from '../../../src/regions/machine-runner.ts'
import { allocateResult } from '../../../src/regions/result-bytes.ts'
import { RetryLog, retryPolicy } from '../../../src/regions/retry-policy.ts'
import { FakeDevice } from './fake-fabric.ts'
import { makeWorld, payloadOf } from './fixture.ts'

vi.mock('../../../src/native/load.ts', async () => {
  const { fakeNative: native } = await import('./fake-fabric.ts')
  return { native: () => native }
})

describe('results', () => {
  it('never overlap, are aligned, and large ones stand alone', () => {
    const results = [1, 8, 64, 65, 100, 4095, 4096, 4097, 70_000]
      .flatMap((length) => Array.from({ length: 40 }, () => length))
      .map((length, index) => allocateResult(length).fill(index & 0xff))
    for (const [index, result] of results.entries()) {
      expect(result.constructor).toBe(Uint8Array)
      expect(result.byteOffset % 8).toBe(0)
      expect(result.every((byte) => byte === (index & 0xff))).toBe(true)
      if (result.length > 4096) expect(result.buffer.byteLength).toBe(result.length)
    }
  })
})

describe('the owner’s memory', () => {
  it('stores words, bigints and tagged units little-endian where it is told', () => {
    const region = new FakeDevice().allocate(64)
    const memory = region.localMemory()
    memory.storeWord(8, 2 ** 45 + 7)
    memory.storeWord64(16, 0xfedc_ba98_7654_3210n)
    memory.storeTagged(24, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), 0xaabbccdd)
    memory.copyIn(40, Uint8Array.of(9, 9))
    const view = new DataView(region.bytes.buffer)
    expect(view.getBigUint64(8, true)).toBe(2n ** 45n + 7n)
    expect(view.getBigUint64(16, true)).toBe(0xfedc_ba98_7654_3210n)
    expect(view.getBigUint64(24, true)).toBe(0xaabbccdd_04030201n)
    expect(view.getBigUint64(32, true)).toBe(0xaabbccdd_08070605n)
    expect(memory.loadWord(8)).toBe(2 ** 45 + 7)
    expect([...memory.view(39, 4)]).toEqual([0xaa, 9, 9, 0])
    expect(() => memory.view(60, 8)).toThrow(RangeError)
    expect(() => memory.copyIn(60, new Uint8Array(8))).toThrow(RangeError)
  })
})

describe('pauses', () => {
  const machine = { version: 3, evidence: Evidence.WriterActive } as ReaderMachine

  it('begin with none, double up to the bound, and vary', () => {
    const log = new RetryLog()
    log.begin(retryPolicy({ backOff: { initialUs: 10, maxUs: 100 } }))
    const pauses = Array.from({ length: 8 }, () => {
      log.note(machine)
      return log.pauseUs()
    })
    const full = [0, 10, 20, 40, 80, 100, 100, 100]
    for (const [index, pause] of pauses.entries()) {
      expect(pause).toBeGreaterThanOrEqual((full[index] ?? 0) / 2)
      expect(pause).toBeLessThanOrEqual(full[index] ?? 0)
    }
    expect(new Set(pauses.slice(5)).size).toBe(3)
  })

  it('forget the read before', () => {
    const log = new RetryLog()
    log.begin(retryPolicy({ attemptsMax: 2 }))
    log.note(machine)
    log.note(machine)
    expect(log.verdict()?.code).toBe('ERR_UNTORN_WRITER_ACTIVE')
    log.begin(retryPolicy({ attemptsMax: 2 }))
    expect(log.verdict()).toBeUndefined()
    expect(log.attempts).toBe(0)
  })

  it('raise the bound along with a longer first pause', () => {
    expect(retryPolicy({ backOff: { initialUs: 5000 } }).maxUs).toBe(5000)
  })
})

describe('the machine runner', () => {
  it('tells every outcome of single attempts', async () => {
    const initial = payloadOf(2, 40)
    const { device, queuePair, entry, owner } = await makeWorld({ bytes: 40, initial })
    const { generation, hashKey } = entry
    const shape = { payloadBytes: 40, generation, hashKey: BigInt(`0x${hashKey}`) }
    const machine = seqlockStrategies.fenced.createReader(shape, preparedKernels(device))
    const remoteHandle = entry.region.pid ?? 0
    const runner = new MachineRunner({ device, queuePair, remoteHandle }, machine, 40)
    expect(runner.run()).toBe(Verdict.Done)
    expect(runner).toMatchObject({ version: 2, status: 0, evidence: Evidence.None })
    expect(runner.bytes).toEqual(initial)
    expect(runner.run(2)).toBe(Verdict.Unchanged)
    const token = owner.writeBegin()
    expect(runner.run()).toBe(Verdict.Retry)
    expect(runner).toMatchObject({ version: 3, evidence: Evidence.WriterActive })
    owner.writeEnd(token)
    queuePair.statuses.push(Status.Flushed)
    runner.run()
    expect(runner.status).toBe(Status.Flushed)
    await runner.close()
    expect(device.regions.size).toBe(1)
  })
})
