// Goal: the owner of versioned slots stores in the argued order, loans can be taken and ended once,
// and what fails stores nothing. Method: a logging port.
import { describe, expect, test } from 'vitest'
import {
  SLOTS_VERSION_MAX,
  Verdict,
  checkSlotsShape,
  slotsStrategies,
} from '../../../src/protocols/index.ts'
import { LoggedMemory, codeOf, kernels, pattern } from './support/bench-region.ts'
import { SlotsRegion, slotsShape } from './support/slots-region.ts'

describe('order of stores', () => {
  // Slots of 128 bytes at 64, 192 and 320: version 2 goes into the last one, version 3 to the first.
  test.each([
    ['fenced', ['copy 336 60', 'word 328 2'], ['copy 80 60', 'word 72 3']],
    ['hash', ['copy 336 60', 'word 328 2', 'word64 320'], ['copy 80 60', 'word 72 3', 'word64 64']],
  ] as const)('%s: slot, barrier, index, barrier; then the next slot', (name, second, third) => {
    const { owner, memory } = new SlotsRegion(slotsStrategies[name], slotsShape(60, 3))
    for (const slot of [second, third]) {
      memory.log.length = 0
      owner.publish(pattern(60, 1))
      expect(memory.log).toEqual([...slot, 'beforePublish', 'word64 0', 'afterPublish'])
    }
  })

  test('formatting says "not formatted" first, and clears the padding of every slot', () => {
    const { memory } = new SlotsRegion(slotsStrategies.fenced, slotsShape(7, 2))
    expect(memory.log.slice(0, 2)).toEqual(['word 0 0', 'beforePayload'])
    expect(memory.log.filter((line) => line.startsWith('copy'))).toEqual([
      'copy 87 1',
      'copy 151 1',
      'copy 144 7',
    ])
    expect(memory.log.slice(-3)).toEqual(['beforePublish', 'word64 0', 'afterPublish'])
  })

  test('formatting clears the hash of every slot, whatever the memory held', () => {
    const shape = slotsShape(60, 3)
    const scheme = slotsStrategies.fenced
    const memory = new LoggedMemory(scheme.regionBytes(60, 3))
    memory.bytes.fill(0xee)
    scheme.createOwner(memory, shape, kernels).format()
    const words = new BigUint64Array(memory.bytes.buffer)
    expect([64, 192, 320].map((slot) => words[slot / 8])).toEqual([0n, 0n, 0n])
  })

  test('a loan filled from end to end, in any order, copies nothing else', () => {
    const { owner, memory } = new SlotsRegion(slotsStrategies.fenced, slotsShape(60, 2))
    memory.log.length = 0
    const loan = owner.loan()
    expect(memory.log).toEqual([])
    loan.copyIn(30, pattern(30, 1))
    loan.copyIn(0, pattern(30, 2))
    loan.publish()
    expect(memory.log.filter((line) => line.startsWith('copy'))).toEqual([
      'copy 110 30',
      'copy 80 30',
    ])
  })
})

describe.each(['fenced', 'hash'] as const)('%s', (name) => {
  const scheme = slotsStrategies[name]
  const shape = slotsShape(60, 2)
  const first = pattern(60, 1)

  test('formats once, with zeros or with what it is given', () => {
    expect(new SlotsRegion(scheme, shape).whole()).toEqual(new Uint8Array(60))
    const given = new SlotsRegion(scheme, shape, first)
    expect(given.owner.version).toBe(1)
    expect(given.whole()).toEqual(first)
    expect(codeOf(() => given.owner.format())).toBe('ERR_UNTORN_BUSY')
  })

  test('what fills a loan gets private memory where the port has to see every store', () => {
    const region = new SlotsRegion(scheme, shape, first)
    const loan = region.owner.loan()
    let lent: Uint8Array | undefined
    loan.fill((payload) => {
      payload.set(pattern(60, 2))
      lent = payload
    })
    expect(lent?.buffer).not.toBe(region.memory.bytes.buffer)
    expect(region.whole()).toEqual(first)
    loan.copyIn(3, Uint8Array.of(7))
    loan.publish()
    const expected = pattern(60, 2)
    expected[3] = 7
    expect(region.whole()).toEqual(expected)
  })

  test('what fills a loan gets the slot itself where it may be stored to', () => {
    const region = new SlotsRegion(scheme, shape, first)
    const { memory } = region
    Object.assign(memory, { storeView: memory.view.bind(memory) })
    const loan = region.owner.loan()
    memory.log.length = 0
    let lent: Uint8Array | undefined
    loan.fill((payload) => {
      payload.set(pattern(60, 2))
      lent = payload
    })
    expect(memory.log).toEqual([])
    expect(lent?.buffer).toBe(memory.bytes.buffer)
    expect(lent).toHaveLength(60)
    expect(region.whole()).toEqual(first)
    loan.publish()
    expect(region.whole()).toEqual(pattern(60, 2))
  })

  test('a loan cannot end, nor be taken, while it is being filled', () => {
    const { owner } = new SlotsRegion(scheme, shape, first)
    const ended: boolean[] = []
    const loan = owner.loan((published) => ended.push(published))
    const codes: unknown[] = []
    loan.fill(() => {
      for (const work of [
        () => loan.publish(),
        () => loan.discard(),
        () => loan.copyIn(0, first),
        () => loan.fill(() => undefined),
        () => owner.loan(),
      ]) {
        codes.push(codeOf(work))
      }
    })
    expect(codes).toEqual(Array.from({ length: 5 }, () => 'ERR_UNTORN_BUSY'))
    const thrown = new Error('no data')
    expect(() =>
      loan.fill(() => {
        throw thrown
      }),
    ).toThrow(thrown)
    expect(codeOf(() => loan.fill(async () => undefined))).toBe('ERR_UNTORN_ARGUMENT')
    expect(codeOf(() => loan.fill(null as never))).toBe('ERR_UNTORN_ARGUMENT')
    expect(codeOf(() => loan.fill(() => owner.close()))).toBe('ERR_UNTORN_CLOSED')
    expect(ended).toEqual([])
  })

  test('whoever took a loan hears how it ended', () => {
    const { owner } = new SlotsRegion(scheme, shape, first)
    const ended: boolean[] = []
    owner.loan((published) => ended.push(published)).publish()
    owner.loan((published) => ended.push(published)).discard()
    expect(ended).toEqual([true, false])
  })

  test('what a loan does not store is what it is in the present version', () => {
    const region = new SlotsRegion(scheme, shape, first)
    // The slot lent holds older bytes, which must not come back.
    region.owner.publish(pattern(60, 2))
    region.owner.publish(first)
    const expected = first.slice()
    const loan = region.owner.loan()
    for (const [offset, length] of [
      [40, 5],
      [10, 4],
      [12, 6],
      [50, 1],
    ] as const) {
      const bytes = pattern(length, 7 + offset)
      loan.copyIn(offset, bytes)
      expected.set(bytes, offset)
    }
    expect(region.whole()).toEqual(first)
    expect(loan.publish()).toBe(4)
    expect(region.whole()).toEqual(expected)
    expect(region.reader.version).toBe(4)
    // A loan that nobody filled publishes the present bytes again.
    expect(region.owner.loan().publish()).toBe(5)
    expect(region.whole()).toEqual(expected)
  })

  test('one loan at a time; it ends once; a discard publishes nothing', () => {
    const { owner } = new SlotsRegion(scheme, shape, first)
    const loan = owner.loan()
    expect(loan.version).toBe(2)
    expect(owner.busy).toBe(true)
    expect(codeOf(() => owner.loan())).toBe('ERR_UNTORN_BUSY')
    expect(codeOf(() => owner.publish(first))).toBe('ERR_UNTORN_BUSY')
    expect(codeOf(() => owner.update(() => {}))).toBe('ERR_UNTORN_BUSY')
    loan.discard()
    expect(owner.version).toBe(1)
    for (const use of [() => loan.discard(), () => loan.publish(), () => loan.copyIn(0, first)]) {
      expect(codeOf(use)).toBe('ERR_UNTORN_CLOSED')
    }
    {
      using disposed = owner.loan()
      disposed.copyIn(0, pattern(4, 9))
    }
    expect(owner.busy).toBe(false)
    using published = owner.loan()
    expect(published.publish()).toBe(2)
  })

  test('update works on a copy, and publishes nothing when its function throws', () => {
    const region = new SlotsRegion(scheme, shape, first)
    const { owner } = region
    const changed = first.slice()
    changed[3] = 0
    expect(owner.update((payload) => void (payload[3] = 0))).toBe(2)
    expect(region.whole()).toEqual(changed)
    const failing = (payload: Uint8Array): void => {
      payload.fill(9)
      throw new Error('no')
    }
    expect(() => owner.update(failing)).toThrow('no')
    expect(codeOf(() => owner.update(async () => {}))).toBe('ERR_UNTORN_ARGUMENT')
    expect(codeOf(() => owner.update(() => void owner.publish(first)))).toBe('ERR_UNTORN_BUSY')
    expect(owner.version).toBe(2)
    expect(region.whole()).toEqual(changed)
  })

  test('refuses what makes no sense, before storing anything', () => {
    const lengthBytes = scheme.regionBytes(60, 2)
    const create = (memory: LoggedMemory) => () => scheme.createOwner(memory, shape, kernels)
    expect(codeOf(create(new LoggedMemory(lengthBytes - 64)))).toBe('ERR_UNTORN_OUT_OF_BOUNDS')
    const memory = new LoggedMemory(lengthBytes)
    const owner = create(memory)()
    for (const early of [() => owner.publish(first), () => owner.loan()]) {
      expect(codeOf(early)).toBe('ERR_UNTORN_ARGUMENT')
    }
    expect(codeOf(() => owner.format(first.subarray(1)))).toBe('ERR_UNTORN_ARGUMENT')
    expect(memory.log).toEqual([])
    owner.format()
    memory.log.length = 0
    expect(codeOf(() => owner.publish(first.subarray(1)))).toBe('ERR_UNTORN_ARGUMENT')
    expect(codeOf(() => owner.publish('text' as never))).toBe('ERR_UNTORN_ARGUMENT')
    const loan = owner.loan()
    for (const [offset, length] of [
      [-1, 1],
      [60, 1],
      [0.5, 1],
      [1, 60],
    ] as const) {
      expect(codeOf(() => loan.copyIn(offset, new Uint8Array(length)))).toBe(
        'ERR_UNTORN_OUT_OF_BOUNDS',
      )
    }
    expect(codeOf(() => loan.copyIn(0, 'text' as never))).toBe('ERR_UNTORN_ARGUMENT')
    loan.copyIn(60, new Uint8Array(0))
    expect(memory.log).toEqual([])
  })

  test('close is final, drops the loan, and is idempotent', () => {
    const region = new SlotsRegion(scheme, shape, first)
    const { owner } = region
    const loan = owner.loan()
    owner.close()
    owner.close()
    expect(owner.closed).toBe(true)
    expect(owner.busy).toBe(false)
    for (const use of [() => loan.publish(), () => owner.publish(first), () => owner.format()]) {
      expect(codeOf(use)).toBe('ERR_UNTORN_CLOSED')
    }
    expect(region.whole()).toBe(Verdict.Closed)
    expect(region.whole({ wantedVersion: 1 })).toBe(Verdict.Closed)
    expect(region.whole({ knownVersion: 1 })).toBe(Verdict.Closed)
  })

  test('goes on to the last version there can be, and no further', () => {
    const last = { ...shape, firstVersion: SLOTS_VERSION_MAX - 1 }
    checkSlotsShape(last)
    const region = new SlotsRegion(scheme, last, first)
    expect(region.owner.publish(pattern(60, 2))).toBe(SLOTS_VERSION_MAX)
    expect(codeOf(() => region.owner.publish(first))).toBe('ERR_UNTORN_CLOSED')
    expect(region.whole()).toEqual(pattern(60, 2))
    expect(region.reader.version).toBe(SLOTS_VERSION_MAX)
  })
})
