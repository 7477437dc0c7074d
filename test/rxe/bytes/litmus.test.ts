// Goal: where READs tear inside words, the model with a granule of one byte still allows whatever is
// observed. Method: the programs about words, lines and WRITEs of several words, for a second or less
// each; their counts are printed. A lone READ of one word is seldom torn, so none has to be.
import { expect, test } from 'vitest'
import { runLitmusBench } from '../../../bench/litmus.ts'
import { openDevice } from '../../../src/index.ts'
import { litmusSuite } from '../../../src/simulation/litmus/suite.ts'
import { formatCounts } from '../litmus-counts.ts'

const IDS = ['12', '14', '15', '15-put', '15-first', '21']

test('torn words are allowed, and nothing else is observed', async () => {
  await using device = await openDevice()
  const report = await runLitmusBench({
    device,
    entries: litmusSuite.filter(({ id }) => IDS.includes(id)),
    durationSeconds: 0.7,
    iterationsMax: 1_000_000,
    seed: Number(process.env['UNTORN_SEED']),
  })
  process.stdout.write(formatCounts(report))
  expect(report.model.atomicGranuleBytes).toBe(1)
  expect(report.rows).toHaveLength(IDS.length)
  expect(report.verdict).toMatchObject({ passed: true })
})
