// Goal: litmus programs over rxe show nothing that the model of rxe forbids, and threads do meet, so
// that not everything is one thread after the other. Method: each program for a fraction of a second,
// each thread in a process of its own, and the counts printed: what is rare here is not forbidden. That
// a forbidden outcome would be told is in ../litmus/device.test.ts.
import { expect, test } from 'vitest'
import { runLitmusBench } from '../../bench/litmus.ts'
import { openDevice } from '../../src/index.ts'
import { litmusSuite } from '../../src/simulation/litmus/suite.ts'
import { formatCounts } from './litmus-counts.ts'

/** The classical ones, and one or two of each other kind; `untorn bench litmus` runs them all. */
const IDS = [
  ...['1', '2', '4', '5', '6', '7', '18', '20', '20-two', '21', 'wrc'],
  ...['8', '10', '11', '11-barrier', 'corr', 'own'],
  ...['12', '12-packets', '14', '15', '15-put'],
  ...['22', '22-nics', '23', '24', '24-add'],
  ...['28', '28-fence', 'seq', 'seq-line'],
]
const VARIED_MIN = 10

test('nothing is observed that the model forbids', async () => {
  await using device = await openDevice()
  const report = await runLitmusBench({
    device,
    entries: litmusSuite.filter(({ id }) => IDS.includes(id)),
    durationSeconds: 0.5,
    iterationsMax: 1_000_000,
    seed: Number(process.env['UNTORN_SEED']),
  })
  process.stdout.write(formatCounts(report))
  expect(report.preset).toBe('rxe')
  expect(report.model.atomicGranuleBytes).toBe(8)
  expect(report.verdict).toMatchObject({ passed: true })
  const notRun = report.rows.filter((row) => row.notRun !== undefined).map(({ id }) => id)
  expect(notRun).toEqual(['22-nics'])
  expect(report.rows).toHaveLength(IDS.length)
  const varied = report.rows.filter(
    ({ outcomes }) => outcomes.filter(({ count }) => count > 0).length > 1,
  )
  expect(varied.length).toBeGreaterThanOrEqual(VARIED_MIN)
})
