// One conformance suite for every provider. UNTORN_DEVICE chooses the device; without it, the
// shared-memory one that is everywhere. Where it is that one, simulated devices are held to the suite
// as well: under every preset with a benign schedule, and under two with random ones.
import { describe, expect, test } from 'vitest'
import { SHARED_MEMORY_DEVICE, openDevice } from '../../src/fabric/index.ts'
import { type SimulatedFabricOptions, simulatedFabric } from '../../src/simulation/device/index.ts'
import { samplingPresetNames } from '../../src/simulation/sampling-model.ts'
import { describeClosing } from './closing.ts'
import type { Provider } from './fixture.ts'
import { describeLocalMemory, describeMessages, describeOneSided } from './operations.ts'
import { describeRejections } from './rejections.ts'
import { describeWindows } from './windows.ts'

const name = process.env['UNTORN_DEVICE'] ?? SHARED_MEMORY_DEVICE

const providers: Provider[] = [{ name, open: () => openDevice(name) }]
if (name === SHARED_MEMORY_DEVICE) {
  const seed = Number(process.env['UNTORN_SEED'] ?? 1)
  for (const model of samplingPresetNames)
    providers.push(simulated(`simulated ${model}`, { model }))
  for (const model of ['rxe', 'minimal'] as const) {
    providers.push(simulated(`simulated ${model}, seed ${seed}`, { model, oracle: seed }))
  }
}

function simulated(device: string, options: SimulatedFabricOptions): Provider {
  return { name: device, open: async () => simulatedFabric(options).openDevice(device) }
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
  describeWindows(provider)
  describeClosing(provider)
})
