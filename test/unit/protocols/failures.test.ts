// Goal: what fails half-way leaves owner and reader as they were. Method: memory that refuses its
// n-th access, calls that are refused, and input that types forbid.
import { describe, expect, test } from 'vitest'
import {
  Evidence,
  type SeqlockOwner,
  Verdict,
  seqlockStrategies,
} from '../../../src/protocols/index.ts'
import { BenchRegion, LoggedMemory, codeOf, kernels, pattern } from './support/bench-region.ts'
import { shapeOf } from './support/bench-region.ts'

const names = ['fenced', 'hash', 'words', 'lines'] as const
const size = 60

class GoneError extends Error {}

/** Memory that is gone after so many accesses. */
class FleetingMemory extends LoggedMemory {
  accessesLeft = Infinity

  #access(): void {
    this.accessesLeft -= 1
    if (this.accessesLeft < 0) throw new GoneError()
  }

  override storeWord(offset: number, value: number): void {
    this.#access()
    super.storeWord(offset, value)
  }

  override storeWord64(offset: number, value: bigint): void {
    this.#access()
    super.storeWord64(offset, value)
  }

  override copyIn(offset: number, source: Uint8Array): void {
    this.#access()
    super.copyIn(offset, source)
  }

  override storeTagged(offset: number, source: Uint8Array, tag: number): void {
    this.#access()
    super.storeTagged(offset, source, tag)
  }

  override view(offset: number, lengthBytes: number): Uint8Array {
    this.#access()
    return super.view(offset, lengthBytes)
  }
}

/** Lets `action` fail at each of its accesses to memory in turn; returns how many it has. */
function failEverywhere(
  make: () => { owner: SeqlockOwner; memory: FleetingMemory },
  action: (owner: SeqlockOwner) => void,
  check: (owner: SeqlockOwner) => void,
): number {
  for (let accesses = 0; ; accesses += 1) {
    const { owner, memory } = make()
    memory.accessesLeft = accesses
    try {
      action(owner)
      return accesses
    } catch (error) {
      expect(error).toBeInstanceOf(GoneError)
    }
    check(owner)
  }
}

describe.each(names)('%s', (name) => {
  const scheme = seqlockStrategies[name]
  const blank = () => {
    const memory = new FleetingMemory(scheme.regionBytes(size))
    return { memory, owner: scheme.createOwner(memory, shapeOf(size), kernels) }
  }
  const formatted = () => {
    const { memory, owner } = blank()
    owner.format(pattern(size, 1))
    return { memory, owner }
  }

  test('a version that could not be stored is not the last one published', () => {
    const accesses = [
      failEverywhere(
        blank,
        (owner) => owner.format(),
        (owner) => expect(owner.version).toBe(0),
      ),
      failEverywhere(
        formatted,
        (owner) => void owner.write(pattern(size, 2)),
        (owner) => expect(owner.version).toBe(2),
      ),
      failEverywhere(
        formatted,
        (owner) => void owner.writeEnd(owner.writeBegin()),
        (owner) => expect(owner.version).toBe(2),
      ),
    ]
    expect(Math.min(...accesses)).toBeGreaterThan(0)
  })

  test('no write is in progress after one that could not begin, or an end', () => {
    for (const action of [
      (owner: SeqlockOwner) => void owner.writeBegin(),
      (owner: SeqlockOwner) => void owner.update(() => {}),
      (owner: SeqlockOwner) => void owner.writeEnd(owner.writeBegin()),
    ]) {
      failEverywhere(formatted, action, (owner) => expect(owner.busy).toBe(false))
    }
    const closing = () => {
      const region = formatted()
      region.owner.writeBegin()
      return region
    }
    const closed = failEverywhere(
      closing,
      (owner) => owner.close(),
      (owner) => expect([owner.busy, owner.closed]).toEqual([false, true]),
    )
    expect(closed).toBeGreaterThan(0)
  })

  test('no token is no token, whatever was written before', () => {
    const region = new BenchRegion(scheme, size, pattern(size, 1))
    const token = region.owner.writeBegin()
    token.copyIn(5, pattern(20, 2))
    region.owner.writeEnd(token)
    const before = region.memory.bytes.slice()
    for (const none of [null, undefined]) {
      expect(codeOf(() => region.owner.writeEnd(none as never))).toBe('ERR_UNTORN_CLOSED')
      expect(codeOf(() => region.owner.writeAbort(none as never))).toBe('ERR_UNTORN_CLOSED')
    }
    expect(region.memory.bytes).toEqual(before)
  })

  test('a request that is refused leaves the one before', () => {
    const payload = pattern(200, 1)
    const region = new BenchRegion(scheme, 200, payload)
    const target = new Uint8Array(8)
    region.reader.start({ target, offset: 4, lengthBytes: 8, knownVersion: 0 })
    const refused = { target, offset: 120, lengthBytes: 9, knownVersion: 0 }
    expect(codeOf(() => region.reader.start(refused))).toBe('ERR_UNTORN_OUT_OF_BOUNDS')
    region.reader.begin(region)
    expect(region.reader.resume(region)).toBe(Verdict.Done)
    expect(target).toEqual(payload.slice(4, 12))
  })

  test('an attempt that ends with Closed says nothing of the one before', () => {
    for (const knownVersion of [0, 2]) {
      const region = new BenchRegion(scheme, size)
      region.whole()
      region.memory.bytes.fill(0x21)
      const target = new Uint8Array(size)
      region.reader.start({ target, offset: 0, lengthBytes: size, knownVersion })
      const attempt = () => {
        region.reader.begin(region)
        let verdict = region.reader.resume(region)
        while (verdict === Verdict.More) verdict = region.reader.resume(region)
        return verdict
      }
      expect(attempt()).toBe(Verdict.Retry)
      expect(region.reader.evidence).not.toBe(Evidence.None)
      region.owner.close()
      expect(attempt()).toBe(Verdict.Closed)
      expect(region.reader.evidence).toBe(Evidence.None)
    }
  })

  test('a version that was never published is not found unchanged in memory never formatted', () => {
    for (const knownVersion of [1, 2]) {
      const region = new BenchRegion(scheme, size)
      region.memory.bytes.fill(0)
      expect(region.whole(knownVersion)).toBe(Verdict.Retry)
    }
  })
})
