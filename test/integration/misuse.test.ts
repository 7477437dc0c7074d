// Goal: options that make no sense are refused at once, with a code, and cost nothing that works.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Device, type Host, connect, listen, openDevice, seqlock } from '../../src/index.ts'

const refused = { code: 'ERR_UNTORN_ARGUMENT' }
let device: Device
let host: Host
let address: string

beforeAll(async () => {
  device = await openDevice()
  host = await listen(device, { port: 0 })
  host.publish('cell', seqlock({ bytes: 8 }))
  address = `127.0.0.1:${host.port}`
})

afterAll(async () => {
  await host.close()
  await device.close()
})

test.each([null, 7, { host: 3, port: 0 }, { host: '', port: 0 }])('listen: %j', async (options) => {
  await expect(listen(device, options as never)).rejects.toMatchObject(refused)
})

test.each([null, 7, { signal: {} }, { timeoutMs: -1 }])('connect: %j', async (options) => {
  await expect(connect(device, address, options as never)).rejects.toMatchObject(refused)
})

test.each([null, {}, 'seqlock'])('publish: %j', (spec) => {
  expect(() => host.publish('other', spec as never)).toThrow(expect.objectContaining(refused))
})

test.each([null, 7, { signal: {} }, { timeoutMs: -1 }])(
  'reconnect: %j, and the connection stays',
  async (options) => {
    const peer = await connect(device, address)
    const reader = await peer.open('cell')
    await expect(peer.reconnect(options as never)).rejects.toMatchObject(refused)
    expect(peer.lost).toBeUndefined()
    expect(reader.readSync().version).toBe(2)
    await peer.close()
  },
)
