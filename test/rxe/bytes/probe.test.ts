// Goal: where aligned words tear, the probe refutes a granule of 8 bytes whatever is claimed, and what
// it leaves of the claim makes the chooser refuse what depends on whole words. Method: rxe0 on a CPU
// that copies byte by byte, opened with a claim that is false there.
import { expect, test } from 'vitest'
import { runProbe } from '../../../bench/probe.ts'
import { refutesClaim } from '../../../bench/support/probe-report.ts'
import { listen, openDevice, seqlock } from '../../../src/index.ts'

const DURATION_SECONDS = 3

test('a false claim of whole words is refuted, and lowered', async () => {
  const claim = { capabilities: { atomicGranuleBytes: 8 } } as const
  await using device = await openDevice(undefined, claim)
  const report = await runProbe({
    device,
    durationSeconds: DURATION_SECONDS,
    onProgress: () => {},
  })
  expect(report.refuted.filter(({ claimed }) => claimed)).toMatchObject([
    { guarantee: 'granule 8' },
  ])
  expect(refutesClaim(report)).toBe(true)
  const { claimed, lowered } = report.capabilities
  expect(claimed.atomicGranuleBytes).toBe(8)
  expect(lowered.atomicGranuleBytes).toBe(1)

  await using honest = await openDevice(undefined, { capabilities: lowered })
  await using host = await listen(honest, { port: 0 })
  expect(() => host.publish('x', seqlock({ bytes: 64, strategy: 'words' }))).toThrowError(
    expect.objectContaining({ code: 'ERR_UNTORN_UNSOUND' }),
  )
  await using region = host.publish('y', seqlock({ bytes: 64 }))
  expect(region.strategy).toBe('hash')
})
