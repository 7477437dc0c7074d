// Goal: a borrowed snapshot is the payload itself, in place, for every strategy of the device.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Device,
  type Host,
  type Strategy,
  connect,
  listen,
  openDevice,
  seqlock,
} from '../../src/index.ts'

describe('borrowSync', () => {
  let device: Device
  let host: Host

  beforeAll(async () => {
    device = await openDevice()
    host = await listen(device, { port: 0 })
  })

  afterAll(async () => {
    await host.close()
    await device.close()
  })

  test.each<Strategy>(['fenced', 'hash', 'words'])('%s', async (strategy) => {
    const owner = host.publish(strategy, seqlock({ bytes: 1000, strategy }))
    const peer = await connect(device, `127.0.0.1:${host.port}`)
    const reader = await peer.open(strategy)
    const first = Uint8Array.from({ length: 1000 }, (_, index) => index)
    owner.write(first)
    const borrowed = reader.borrowSync()
    expect(borrowed.version).toBe(4)
    expect(borrowed.bytes).toEqual(first)
    owner.write(first.map((byte) => byte ^ 255))
    expect(borrowed.bytes).toEqual(first)
    const again = reader.borrowSync()
    expect(again.version).toBe(6)
    expect(again.bytes).toEqual(first.map((byte) => byte ^ 255))
    expect(again.bytes.buffer).toBe(borrowed.bytes.buffer)
    expect(reader.readSync().bytes).toEqual(again.bytes)
    await peer.close()
  })
})
