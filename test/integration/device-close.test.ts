// Goal: a device that is closed under its sessions takes the memory with it; owners and readers that
// are used all the same fail with the code for it, and everything still closes.
import { expect, test } from 'vitest'
import { type Strategy, connect, listen, openDevice, seqlock } from '../../src/index.ts'

const closed = { code: 'ERR_UNTORN_CLOSED' }

test.each<Strategy>(['fenced', 'hash', 'words'])('%s', async (strategy) => {
  const device = await openDevice()
  const host = await listen(device, { port: 0 })
  const owner = host.publish('cell', seqlock({ bytes: 64, strategy }))
  const peer = await connect(device, `127.0.0.1:${host.port}`)
  const reader = await peer.open('cell')
  reader.borrowSync()
  await reader.read()
  const token = owner.writeBegin()
  await device.close()

  expect(owner.closed).toBe(true)
  expect(() => owner.writeEnd(token)).toThrow(expect.objectContaining(closed))
  expect(() => owner.writeAbort(token)).toThrow(expect.objectContaining(closed))
  expect(() => owner.write(new Uint8Array(64))).toThrow(expect.objectContaining(closed))
  expect(() => owner.update(() => {})).toThrow(expect.objectContaining(closed))
  expect(() => owner.writeBegin()).toThrow(expect.objectContaining(closed))
  expect(() => reader.readSync()).toThrow(expect.objectContaining(closed))
  expect(() => reader.borrowSync()).toThrow(expect.objectContaining(closed))
  // More often than a reader has slots: none may be lost to a read that cannot begin.
  for (let turn = 0; turn < 40; turn++) await expect(reader.read()).rejects.toMatchObject(closed)
  await peer.close()
  await host.close()
  await device.close()
})
