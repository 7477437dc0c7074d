// Goal: the owner's handle publishes, refuses and ends as it says. Method: an owner and a reader on
// the fake fabric; what the owner did is judged by what the reader reads.
import { describe, expect, it, vi } from 'vitest'
import { UntornError } from '../../../src/errors.ts'
import { strategiesOf } from '../../../src/regions/strategy-table.ts'
import { seqlock } from '../../../src/regions/seqlock.ts'
import { FakeDevice } from './fake-fabric.ts'
import { codeOf, makeWorld, payloadOf, publishContext } from './fixture.ts'

vi.mock('../../../src/native/load.ts', async () => {
  const { fakeNative } = await import('./fake-fabric.ts')
  return { native: () => fakeNative }
})

const BYTES = 200
const onLines = (): FakeDevice => new FakeDevice('shared-memory', 64)

describe.each(strategiesOf('seqlock'))('%s', (strategy) => {
  it('publishes zeros, or the initial payload, as version 2', async () => {
    const bare = await makeWorld({ bytes: BYTES, strategy }, {}, onLines())
    expect(bare.reader.readSync()).toEqual({ version: 2, bytes: new Uint8Array(BYTES) })
    const initial = payloadOf(2, BYTES)
    const full = await makeWorld({ bytes: BYTES, strategy, initial }, {}, onLines())
    expect(full.reader.readSync()).toEqual({ version: 2, bytes: initial })
  })

  it('publishes writes, updates and writes in place', async () => {
    const { owner, reader } = await makeWorld({ bytes: BYTES, strategy }, {}, onLines())
    expect(owner.write(payloadOf(4, BYTES))).toBe(4)
    expect(reader.readSync().bytes).toEqual(payloadOf(4, BYTES))
    expect(owner.update((payload) => payload.fill(7, 10, 20))).toBe(6)
    const expected = payloadOf(4, BYTES).fill(7, 10, 20)
    expect(reader.readSync()).toEqual({ version: 6, bytes: expected })
    const token = owner.writeBegin()
    token.copyIn(100, new Uint8Array(50).fill(9))
    expect(owner.writeEnd(token)).toBe(8)
    expect(reader.readSync()).toEqual({ version: 8, bytes: expected.fill(9, 100, 150) })
    expect(owner.version).toBe(8)
    expect(owner.statistics).toEqual({ writes: 3, aborts: 0 })
  })

  it('leaves no trace of an aborted write', async () => {
    const initial = payloadOf(2, BYTES)
    const { owner, reader } = await makeWorld({ bytes: BYTES, strategy, initial }, {}, onLines())
    const token = owner.writeBegin()
    token.copyIn(0, payloadOf(9, BYTES))
    owner.writeAbort(token)
    expect(await codeOf(() => owner.writeEnd(token))).toBe('ERR_UNTORN_CLOSED')
    const thrown = new Error('changed my mind')
    const change = (): void => {
      throw thrown
    }
    expect(await codeOf(() => owner.update(change))).toBe(thrown)
    expect(reader.readSync().bytes).toEqual(initial)
    expect(owner.statistics).toEqual({ writes: 0, aborts: 2 })
  })

  it('ends with the terminal mark, which readers meet as Closed', async () => {
    const { owner, reader, context, device } = await makeWorld(
      { bytes: BYTES, strategy },
      {},
      onLines(),
    )
    const order: string[] = []
    context.withdraw.mockImplementation(async () => {
      order.push(String(await codeOf(() => reader.readSync())), `${device.regions.size} regions`)
    })
    context.onClosed.mockImplementation(() => {
      order.push(`${device.regions.size} regions`)
    })
    await owner.close()
    // The reader's landing memory is the region that is left.
    expect(order).toEqual(['ERR_UNTORN_CLOSED', '2 regions', '1 regions'])
    await owner.close()
    expect(context.withdraw).toHaveBeenCalledOnce()
    expect(context.onClosed).toHaveBeenCalledOnce()
    expect(owner.closed).toBe(true)
    for (const call of [
      () => owner.write(new Uint8Array(BYTES)),
      () => owner.update(() => undefined),
      () => owner.writeBegin(),
    ]) {
      expect(await codeOf(call)).toBe('ERR_UNTORN_CLOSED')
    }
  })
})

describe('refusals', () => {
  it('gives the token to one writer at a time', async () => {
    const { owner } = await makeWorld({ bytes: 8 })
    const token = owner.writeBegin()
    expect(await codeOf(() => owner.writeBegin())).toBe('ERR_UNTORN_BUSY')
    expect(await codeOf(() => owner.write(new Uint8Array(8)))).toBe('ERR_UNTORN_BUSY')
    owner.writeEnd(token)
    owner.write(new Uint8Array(8))
  })

  it('refuses payloads of another length, and what is no payload', async () => {
    const { owner } = await makeWorld({ bytes: 8 })
    expect(await codeOf(() => owner.write(new Uint8Array(7)))).toBe('ERR_UNTORN_ARGUMENT')
    expect(await codeOf(() => owner.write('12345678' as never))).toBe('ERR_UNTORN_ARGUMENT')
    expect(await codeOf(() => owner.update(3 as never))).toBe('ERR_UNTORN_ARGUMENT')
    expect(await codeOf(() => owner.update(async () => {}))).toBe('ERR_UNTORN_ARGUMENT')
    expect(owner.version).toBe(2)
  })

  it.each([
    [undefined],
    [{}],
    [{ bytes: 0 }],
    [{ bytes: 1.5 }],
    [{ bytes: 2 ** 31 }],
    [{ bytes: 8, initial: [1] }],
    [{ bytes: 8, initial: new Uint8Array(9) }],
    [{ bytes: 8, hugePages: 1 }],
  ])('refuses options %j', async (options) => {
    expect(await codeOf(() => seqlock(options as never))).toBe('ERR_UNTORN_ARGUMENT')
  })

  it('leaves nothing registered when publication fails', async () => {
    const device = new FakeDevice()
    const allocate = device.allocate.bind(device)
    vi.spyOn(device, 'allocate').mockImplementation((bytes) => allocate(Math.max(1, bytes - 64)))
    const failing = (): unknown => seqlock({ bytes: 100 }).publish(publishContext(device))
    expect(await codeOf(failing)).toBe('ERR_UNTORN_OUT_OF_BOUNDS')
    await Promise.resolve()
    expect(device.regions.size).toBe(0)
  })

  it('lets a close that failed be called again', async () => {
    const { owner, device } = await makeWorld({ bytes: 8 })
    const region = [...device.regions.values()][0]
    const busy = new UntornError('ERR_UNTORN_BUSY', 'in use')
    vi.spyOn(region as object as { close: () => Promise<void> }, 'close').mockRejectedValueOnce(
      busy,
    )
    expect(await codeOf(() => owner.close())).toBe('ERR_UNTORN_BUSY')
    await owner.close()
  })
})

describe('the entry', () => {
  it('has a fresh generation and key each time, and least rights', async () => {
    const first = await makeWorld({ bytes: 100 })
    const second = await makeWorld({ bytes: 100 })
    expect(first.entry.generation).not.toBe(second.entry.generation)
    expect(first.entry.hashKey).not.toBe(second.entry.hashKey)
    expect(first.entry.hashKey).toMatch(/^[0-9a-f]{16}$/)
    expect(first.entry.rights).toEqual(['read'])
    expect(JSON.parse(JSON.stringify(first.entry))).toEqual(first.entry)
  })
})
