// Goal: guarantees follow from the driver and the CPU, and the unknown is taken to be the weakest.
import { expect, test } from 'vitest'
import { deriveCapabilities } from '../../../src/fabric/derive-capabilities.ts'
import type { DeviceInfo } from '../../../src/fabric/contract.ts'

function info(driver: string, provider: DeviceInfo['provider'] = 'verbs'): DeviceInfo {
  return {
    provider,
    name: 'device',
    driver,
    firmware: '',
    ports: [],
    limits: {
      queuePairsMax: 1,
      queueDepthMax: 1,
      regionsMax: 1,
      regionBytesMax: 1,
      scatterEntriesMax: 1,
      readDepthMax: 16,
      inlineBytesMax: 0,
      sendBytesMax: 1,
      atomics: 'hca',
      dataInOrder: 0,
    },
  }
}

const host = (arch: string, ...flags: string[]) => ({ arch, cpuFlags: new Set(flags) })

test.each([
  ['rxe', host('x64'), 8],
  ['rxe', host('x64', 'erms'), 1],
  ['rxe', host('x64', 'fsrm'), 1],
  ['rxe', host('arm64'), 1],
  ['siw', host('x64'), 1],
  ['mlx5_core', host('x64', 'erms'), 64],
  ['mlx5_core', host('arm64'), 8],
  ['unheard_of', host('x64'), 8],
])('granule of %s on %o', (driver, facts, granule) => {
  const capabilities = deriveCapabilities(info(driver), facts)
  expect(capabilities.atomicGranuleBytes).toBe(granule)
  expect(capabilities.evidence.length).toBeGreaterThan(0)
})

test('hardware promises no order between reads, and may replay them', () => {
  expect(deriveCapabilities(info('mlx5_core'), host('x64'))).toMatchObject({
    readAfterRead: 'unordered',
    sampling: 'arbitrary',
    replay: true,
    writeCompletion: 'accepted',
  })
})

test('shared memory is granule 8 whatever the CPU copies best with', () => {
  const capabilities = deriveCapabilities(info('memfd', 'shared-memory'), host('x64', 'erms'))
  expect(capabilities).toMatchObject({ atomicGranuleBytes: 8, replay: false, pathMtuBytes: 0 })
})
