// One conformance suite for every provider. UNTORN_DEVICE chooses the device; without it, the
// shared-memory one that is everywhere. Where it is that one, simulated devices are held to the suite
// as well, each under its benign schedule.
import { describe, expect, test } from 'vitest'
import type { Device } from '../../src/fabric/contract.ts'
import { SHARED_MEMORY_DEVICE, openDevice } from '../../src/fabric/index.ts'
import { simulatedFabric } from '../../src/simulation/device/index.ts'
import { samplingPresetNames } from '../../src/simulation/sampling-model.ts'
import { describeClosing } from './closing.ts'
import type { Provider } from './fixture.ts'
import { describeLocalMemory, describeMessages, describeOneSided } from './operations.ts'
import { describeRejections } from './rejections.ts'

const name = process.env['UNTORN_DEVICE'] ?? SHARED_MEMORY_DEVICE

const providers: Provider[] = [{ name, open: () => openDevice(name) }]
if (name === SHARED_MEMORY_DEVICE) {
  for (const model of samplingPresetNames) {
    const open = (): Promise<Device> =>
      Promise.resolve(simulatedFabric({ model }).openDevice(`simulated ${model}`))
    providers.push({ name: `simulated ${model}`, open })
  }
}

describe.each(providers)('fabric contract on $name', (provider) => {
  test('the device describes itself', async () => {
    const device = await provider.open()
    expect(device.name).toBe(provider.name)
    expect([1, 8, 64]).toContain(device.capabilities.atomicGranuleBytes)
    expect(device.capabilities.evidence.length).toBeGreaterThan(0)
    expect(device.choice).not.toBe('')
    await device.close()
  })

  describeOneSided(provider)
  describeLocalMemory(provider)
  describeMessages(provider)
  describeRejections(provider)
  describeClosing(provider)
})
