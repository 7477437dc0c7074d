// Goal: a host and a peer that are closed leave nothing that keeps a process alive. Method: in a
// process of its own, Node's list of active sockets and servers before, between and after.
import { expect, test } from 'vitest'
import { Status } from '../../../src/fabric/status.ts'
import { fakeRegion } from './fake-device.ts'
import { startHost, startPeer, until } from './harness.ts'

function active(): number {
  return process.getActiveResourcesInfo().filter((kind) => /TCP|TLS/.test(kind)).length
}

test('no socket and no server is left, whatever happened in between', async () => {
  const before = active()
  const { host } = await startHost()
  host.publish('quotes', fakeRegion())
  const { peer } = await startPeer(host.port)
  const reader = await peer.open('quotes')
  expect(active()).toBe(before + 3)
  reader.source.transportFailed(Status.General)
  await peer.reconnect()
  await peer.close()
  await host.close()
  await until(() => active() === before)
})
