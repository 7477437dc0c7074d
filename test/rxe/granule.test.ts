// Goal: where the device is said to have a granule of 8 bytes, READs do tear, and never inside a word.
// Method: raw READs against an owner that toggles; it refutes at most, but it looks until many READs
// were torn, so that it cannot pass by seeing nothing.
import { expect, test } from 'vitest'
import { openDevice } from '../../src/index.ts'
import { observe } from './granule.ts'

const MIXED_READS = 200

test('READs are torn between words and not inside them', async () => {
  const device = await openDevice()
  const { atomicGranuleBytes } = device.capabilities
  await device.close()
  expect(atomicGranuleBytes).toBe(8)
  const seen = await observe(MIXED_READS, 60_000)
  expect(seen).toMatchObject({ mixedReads: MIXED_READS, tornWords: 0 })
})
