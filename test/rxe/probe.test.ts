// Goal: where the device is said to have a granule of 8 bytes, READs do tear, and never inside a word.
// Method: the probe. It refutes at most, so it must have met the owner's stores hundreds of times, and
// have proof that words of one READ were sampled at different times: it cannot pass by seeing nothing.
import { expect, test } from 'vitest'
import { runProbe } from '../../bench/probe.ts'
import { refutesClaim } from '../../bench/support/probe-report.ts'
import { openDevice } from '../../src/index.ts'

const DURATION_SECONDS = 3
const MIXED_READS_MIN = 200

test('READs are torn between words and not inside them', async () => {
  await using device = await openDevice()
  expect(device.capabilities.atomicGranuleBytes).toBe(8)
  const report = await runProbe({
    device,
    durationSeconds: DURATION_SECONDS,
    onProgress: () => {},
  })
  const { observations, capabilities } = report
  expect(observations.filter(({ tornWords }) => tornWords > 0)).toEqual([])
  for (const lengthBytes of [64, 4096]) {
    const mixed = observations
      .filter((observation) => observation.lengthBytes === lengthBytes)
      .reduce((sum, { mixedReads }) => sum + mixedReads, 0)
    expect(mixed, `${lengthBytes} bytes`).toBeGreaterThanOrEqual(MIXED_READS_MIN)
  }
  const ordered = observations.filter((seen) => seen.ascendingReads + seen.descendingReads > 0)
  expect(ordered.length).toBeGreaterThan(0)
  expect(refutesClaim(report)).toBe(false)
  expect(capabilities.lowered).toBe(capabilities.claimed)
})
