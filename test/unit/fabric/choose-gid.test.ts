// Goal: the control connection's address decides the GID; anything else is a coded failure.
import { describe, expect, test } from 'vitest'
import { chooseGid } from '../../../src/fabric/choose-gid.ts'
import type { DeviceInfo } from '../../../src/fabric/contract.ts'

function device(linkLayer = 'ethernet', state = 'active'): DeviceInfo {
  const gid = (index: number, type: string, address: string) => ({
    index,
    type,
    address,
    interface: 'eth0',
  })
  return {
    provider: 'verbs',
    name: 'mlx5_0',
    driver: 'mlx5_core',
    firmware: '1',
    ports: [
      {
        number: 1,
        state,
        linkLayer,
        mtuBytes: 4096,
        lid: 3,
        gids: [
          gid(0, 'RoCE v1', 'fe80::1'),
          gid(1, 'RoCE v2', 'fe80::1'),
          gid(2, 'RoCE v1', '::ffff:10.0.0.5'),
          gid(3, 'RoCE v2', '::ffff:10.0.0.5'),
          gid(4, 'RoCE v2', '::ffff:192.168.7.9'),
          gid(5, 'RoCE v2', '2001:db8::5'),
        ],
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

describe('chooseGid', () => {
  test.each([
    ['10.0.0.5', 3],
    ['::ffff:10.0.0.5', 3],
    ['::FFFF:0a00:0005', 3],
    ['192.168.7.9', 4],
    ['2001:db8:0:0::5', 5],
    ['fe80::1%eth0', 1],
    ['127.0.0.1', 3],
    [undefined, 3],
  ])('for address %s takes index %i', (localAddress, gidIndex) => {
    const options = localAddress === undefined ? {} : { localAddress }
    expect(chooseGid(device(), options)).toMatchObject({ port: 1, gidIndex })
  })

  test('an index that was asked for wins', () => {
    expect(chooseGid(device(), { localAddress: '10.0.0.5', gidIndex: 0 }).gidIndex).toBe(0)
  })

  test('InfiniBand routes by LID', () => {
    expect(chooseGid(device('InfiniBand'), { localAddress: '10.9.9.9' }).gidIndex).toBe(0)
  })

  test.each([
    ['an address of another network', device(), { localAddress: '10.9.9.9' }],
    ['no active port', device('ethernet', 'down'), {}],
    ['a port that is not there', device(), { port: 2 }],
  ])('%s fails with a code', (_, info, options) => {
    expect(() => chooseGid(info, options)).toThrow(
      expect.objectContaining({ code: 'ERR_UNTORN_NO_GID' }),
    )
  })
})
