// Goal: what `--protocol`, `--size` and `--writer-interval-us` select is what runs.
import { describe, expect, test } from 'vitest'
import { controlNames } from '../../../bench/support/controls.ts'
import { planRows, protocolNames, regionName } from '../../../bench/support/torn-plan.ts'
import { strategies } from '../../../src/regions/chooser.ts'

const names = (control: boolean, selection: readonly string[]): string[] =>
  planRows([64], [0], selection)
    .filter((plan) => plan.control === control)
    .map((plan) => plan.strategy)

describe('selection', () => {
  test.each([[[]], [['seqlock']]])('%j is everything', (selection) => {
    expect(names(false, selection)).toEqual(strategies)
    expect(names(true, selection)).toEqual(controlNames())
  })

  test('strategies by name still run with every control', () => {
    expect(names(false, ['seqlock/hash'])).toEqual(['hash'])
    expect(names(true, ['seqlock/hash'])).toEqual(controlNames())
  })

  test('controls by name run alone', () => {
    expect(names(false, ['seqlock/naive'])).toEqual([])
    expect(names(true, ['seqlock/naive'])).toEqual(['naive'])
  })

  test('the four controls of the bench are there, the naive READ first', () => {
    expect(controlNames()).toEqual([
      'naive',
      'version-with-data',
      'data-then-version',
      'both-ends',
      'unfenced',
    ])
    expect(protocolNames()).toContain('seqlock/naive')
  })
})

test('sizes times paces times rows, and a region for each size', () => {
  const plans = planRows([64, 128], [0, 50], ['seqlock/hash', 'seqlock/naive'])
  expect(plans).toHaveLength(8)
  expect(new Set(plans.map(regionName)).size).toBe(4)
})
