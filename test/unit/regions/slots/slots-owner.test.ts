// Goal: the owner's handle of versioned slots publishes, lends, refuses and ends as it says. Method: an
// owner and a reader on the fake fabric; what the owner did is judged by what the reader reads.
import { describe, expect, it, vi } from 'vitest'
import { versionedSlots } from '../../../../src/regions/slots/versioned-slots.ts'
import { FakeDevice } from '../fake-fabric.ts'
import { codeOf, payloadOf, publishContext } from '../fixture.ts'
import { BYTES, makeSlots } from './fixture.ts'

vi.mock('../../../../src/native/load.ts', async () => {
  const { fakeNative } = await import('../fake-fabric.ts')
  return { native: () => fakeNative }
})

const strategies = ['fenced', 'hash'] as const
const changed = (from: number, to: number, value: number): Uint8Array =>
  payloadOf(1, BYTES).fill(value, from, to)

describe.each(strategies)('%s', (strategy) => {
  const initial = payloadOf(1, BYTES)

  it('publishes zeros, or the initial payload, as version 1', async () => {
    const bare = await makeSlots({ strategy })
    expect(bare.reader.readSync()).toEqual({ version: 1, bytes: new Uint8Array(BYTES) })
    const full = await makeSlots({ strategy, initial })
    expect(full.reader.readSync()).toEqual({ version: 1, bytes: initial })
    expect(full.owner.slots).toBe(4)
    expect(full.owner.explain).toContain('asked for by name')
  })

  it.each([2, 3, 4])('publishes, updates and lends, with %i slots', async (slots) => {
    const { owner, reader } = await makeSlots({ strategy, initial, slots })
    expect(owner.publish(payloadOf(2, BYTES))).toBe(2)
    expect(reader.readSync()).toEqual({ version: 2, bytes: payloadOf(2, BYTES) })
    expect(owner.update((payload) => payload.set(changed(10, 20, 7)))).toBe(3)
    expect(reader.readSync()).toEqual({ version: 3, bytes: changed(10, 20, 7) })
    const loan = owner.loan()
    expect(loan.version).toBe(4)
    loan.copyIn(100, new Uint8Array(50).fill(9))
    // Readers know nothing of it, for as long as it takes.
    expect(reader.readSync().version).toBe(3)
    expect(loan.publish()).toBe(4)
    expect(reader.readSync().bytes).toEqual(changed(10, 20, 7).fill(9, 100, 150))
    expect(owner.version).toBe(4)
    expect(owner.statistics).toEqual({ writes: 3, aborts: 0 })
  })

  it('lends the slot itself to be filled in place', async () => {
    const { owner, reader, device } = await makeSlots({ strategy, slots: 2 })
    const region = [...device.regions.values()][0]
    const loan = owner.loan()
    let lent: Uint8Array | undefined
    loan.fill((payload) => {
      expect(payload).toHaveLength(BYTES)
      payload.set(payloadOf(2, BYTES))
      lent = payload
    })
    expect(lent?.buffer).toBe(region?.bytes.buffer)
    expect(reader.readSync().version).toBe(1)
    loan.copyIn(0, Uint8Array.of(1, 2))
    expect(loan.publish()).toBe(2)
    const expected = payloadOf(2, BYTES)
    expected.set([1, 2])
    expect(reader.readSync()).toEqual({ version: 2, bytes: expected })
  })

  it('leaves no trace of a loan that is given back', async () => {
    const { owner, reader } = await makeSlots({ strategy, initial, slots: 2 })
    const loan = owner.loan()
    loan.fill((payload) => void payload.fill(1))
    loan.discard()
    expect(await codeOf(() => loan.publish())).toBe('ERR_UNTORN_CLOSED')
    const thrown = new Error('changed my mind')
    const change = (): void => {
      throw thrown
    }
    expect(await codeOf(() => owner.update(change))).toBe(thrown)
    expect(reader.readSync()).toEqual({ version: 1, bytes: initial })
    expect(owner.statistics).toEqual({ writes: 0, aborts: 2 })
    expect(owner.publish(payloadOf(2, BYTES))).toBe(2)
    expect(reader.readSync().bytes).toEqual(payloadOf(2, BYTES))
  })

  it('ends with the terminal mark, which readers meet as Closed', async () => {
    const { owner, reader, context, device } = await makeSlots({ strategy })
    const loan = owner.loan()
    let marked: unknown
    context.withdraw.mockImplementation(async () => {
      marked = await codeOf(() => reader.readSync())
    })
    await owner.close()
    expect(marked).toBe('ERR_UNTORN_CLOSED')
    expect(owner.closed).toBe(true)
    expect(context.onClosed).toHaveBeenCalledOnce()
    expect(device.regions.size).toBe(1)
    for (const work of [
      () => owner.publish(new Uint8Array(BYTES)),
      () => owner.update(() => undefined),
      () => owner.loan(),
      () => loan.publish(),
      () => loan.fill(() => undefined),
    ]) {
      expect(await codeOf(work)).toBe('ERR_UNTORN_CLOSED')
    }
    expect(owner.statistics).toEqual({ writes: 0, aborts: 0 })
  })
})

describe('a loan', () => {
  it('is one at a time, and nothing else is published meanwhile', async () => {
    const { owner } = await makeSlots()
    const loan = owner.loan()
    for (const work of [
      () => owner.loan(),
      () => owner.publish(new Uint8Array(BYTES)),
      () => owner.update(() => undefined),
    ]) {
      expect(await codeOf(work)).toBe('ERR_UNTORN_BUSY')
    }
    loan.discard()
    expect(owner.publish(new Uint8Array(BYTES))).toBe(2)
  })

  it('cannot end while it is being filled', async () => {
    const { owner, reader } = await makeSlots()
    const loan = owner.loan()
    const codes: unknown[] = []
    loan.fill((payload) => {
      payload.fill(3)
      for (const work of [
        () => loan.publish(),
        () => loan.discard(),
        () => loan.copyIn(0, Uint8Array.of(1)),
        () => loan.fill(() => undefined),
      ]) {
        try {
          work()
        } catch (error) {
          codes.push((error as { code?: unknown }).code)
        }
      }
    })
    expect(codes).toEqual(Array.from({ length: 4 }, () => 'ERR_UNTORN_BUSY'))
    expect(reader.readSync().version).toBe(1)
    loan.publish()
    expect(reader.readSync().bytes).toEqual(new Uint8Array(BYTES).fill(3))
  })

  it('ends with the region, even amid its own filling', async () => {
    const { owner } = await makeSlots()
    const loan = owner.loan()
    const closing = (): void => void owner.close()
    expect(await codeOf(() => loan.fill(closing))).toBe('ERR_UNTORN_CLOSED')
    expect(await codeOf(() => loan.publish())).toBe('ERR_UNTORN_CLOSED')
  })

  it('lives on when what fills it throws, or is asynchronous', async () => {
    const { owner, reader } = await makeSlots()
    const loan = owner.loan()
    const thrown = new Error('no data')
    const fails = (): void => {
      throw thrown
    }
    expect(await codeOf(() => loan.fill(fails))).toBe(thrown)
    const later = async (payload: Uint8Array): Promise<void> => void payload.fill(1)
    expect(await codeOf(() => loan.fill(later as never))).toBe('ERR_UNTORN_ARGUMENT')
    expect(await codeOf(() => loan.fill(7 as never))).toBe('ERR_UNTORN_ARGUMENT')
    loan.fill((payload) => void payload.fill(5))
    loan.publish()
    expect(reader.readSync().bytes).toEqual(new Uint8Array(BYTES).fill(5))
  })

  it('goes through the port where that has to see every store', async () => {
    const device = new FakeDevice('simulation', 8)
    const allocate = device.allocate.bind(device)
    device.allocate = (bytes, options) => {
      const region = allocate(bytes, options)
      const localMemory = region.localMemory.bind(region)
      region.localMemory = () => Object.assign(localMemory(), { storeView: undefined })
      return region
    }
    const { owner, reader } = await makeSlots({ initial: payloadOf(1, BYTES) }, {}, device)
    const loan = owner.loan()
    let lent: Uint8Array | undefined
    loan.fill((payload) => {
      payload.set(payloadOf(2, BYTES))
      lent = payload
    })
    expect([...device.regions.values()].map((region) => region.bytes.buffer)).not.toContain(
      lent?.buffer,
    )
    loan.publish()
    expect(reader.readSync()).toEqual({ version: 2, bytes: payloadOf(2, BYTES) })
  })
})

describe('options', () => {
  it.each([
    [{ bytes: 0 }],
    [{ bytes: 1.5 }],
    [{ bytes: 2 ** 30 + 1 }],
    [{ bytes: 8, slots: 1 }],
    [{ bytes: 8, slots: 65_537 }],
    [{ bytes: 8, slots: 2.5 }],
    [{ bytes: 2 ** 30, slots: 65_536 }],
    [{ bytes: 8, strategy: 'words' }],
    [{ bytes: 8, strategy: 'lines' }],
    [{ bytes: 8, initial: new Uint8Array(9) }],
    [{ bytes: 8, initial: 'text' }],
    [{ bytes: 8, hugePages: 1 }],
    [null],
    [undefined],
  ])('refuses %o', async (options) => {
    const make = (): unknown => versionedSlots(options as never)
    expect(await codeOf(make)).toBe('ERR_UNTORN_ARGUMENT')
  })

  it.each([
    ['shared-memory', 1, 'fenced'],
    ['shared-memory', 8, 'fenced'],
    ['verbs', 1, 'hash'],
    ['verbs', 64, 'hash'],
  ] as const)('on %s with granule %i the strategy is %s', async (provider, granule, strategy) => {
    const { owner } = await makeSlots({}, {}, new FakeDevice(provider, granule))
    expect(owner.strategy).toBe(strategy)
    expect(owner.explain.split('\n')).toHaveLength(2)
  })

  it('leave nothing behind when publishing fails', async () => {
    const device = new FakeDevice()
    const refuse = (): never => {
      throw new Error('no memory')
    }
    const spec = versionedSlots({ bytes: BYTES })
    device.allocate = refuse
    expect(() => spec.publish(publishContext(device))).toThrow('no memory')
    expect(device.regions.size).toBe(0)
  })
})
