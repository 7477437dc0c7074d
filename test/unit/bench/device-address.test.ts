// Goal: a bench meets itself under an address that the session can make a GID of.
import { expect, test } from 'vitest'
import { deviceAddress } from '../../../bench/support/device-address.ts'
import type { DeviceInfo } from '../../../src/fabric/contract.ts'

function device(provider: 'verbs' | 'shared-memory', state: string, ...gids: string[]): DeviceInfo {
  return {
    provider,
    name: 'rxe0',
    driver: 'rxe',
    firmware: '',
    ports: [
      {
        number: 1,
        state,
        linkLayer: 'ethernet',
        mtuBytes: 4096,
        lid: 0,
        gids: gids.map((gid, index) => {
          const [type = '', address = ''] = gid.split(' ')
          return { index, type: type.replace('-', ' '), address, interface: 'v0' }
        }),
      },
    ],
    limits: {
      queuePairsMax: 1,
      queueDepthMax: 1,
      regionsMax: 1,
      regionBytesMax: 1,
      scatterEntriesMax: 1,
      readDepthMax: 1,
      inlineBytesMax: 0,
      sendBytesMax: 1,
      atomics: 'hca',
      dataInOrder: 0,
    },
  }
}

test('shared memory: this host', () => {
  expect(deviceAddress(device('shared-memory', 'active'))).toEqual({
    address: '127.0.0.1',
    gidIndex: null,
  })
})

test('verbs: the mapped IPv4 address, RoCE v2 before v1', () => {
  const gids = ['RoCE-v2 fe80::1', 'RoCE-v1 ::ffff:10.1.0.1', 'RoCE-v2 ::ffff:10.1.0.1']
  const found = deviceAddress(device('verbs', 'active', ...gids))
  expect(found).toEqual({ address: '10.1.0.1', gidIndex: 2 })
})

test.each([
  ['no IPv4 address', device('verbs', 'active', 'RoCE-v2 fe80::1')],
  ['no active port', device('verbs', 'down', 'RoCE-v2 ::ffff:10.1.0.1')],
])('%s fails with a code', (_name, info) => {
  expect(() => deviceAddress(info)).toThrow(
    expect.objectContaining({ code: 'ERR_UNTORN_NO_GID' }) as Error,
  )
})
