// One conformance suite for every provider. UNTORN_DEVICE chooses the device; without it, the
// shared-memory one that is everywhere.
import { describe, expect, test } from 'vitest'
import { SHARED_MEMORY_DEVICE, openDevice } from '../../src/fabric/index.ts'
import { describeClosing } from './closing.ts'
import type { Provider } from './fixture.ts'
import { describeMessages, describeOneSided } from './operations.ts'
import { describeRejections } from './rejections.ts'

const name = process.env['UNTORN_DEVICE'] ?? SHARED_MEMORY_DEVICE
const provider: Provider = { name, open: () => openDevice(name) }

describe(`fabric contract on ${name}`, () => {
  test('the device describes itself', async () => {
    const device = await provider.open()
    expect(device.name).toBe(name)
    expect([1, 8, 64]).toContain(device.capabilities.atomicGranuleBytes)
    expect(device.capabilities.evidence.length).toBeGreaterThan(0)
    expect(device.choice).not.toBe('')
    await device.close()
  })

  describeOneSided(provider)
  describeMessages(provider)
  describeRejections(provider)
  describeClosing(provider)
})
