// Goal: what `--protocol`, `--size` and `--writer-interval-us` select is what runs.
import { describe, expect, test } from 'vitest'
import { benchProtocols } from '../../../bench/protocols/protocol-table.ts'
import {
  type PlanChoices,
  planRows,
  protocolNames,
  regionOf,
} from '../../../bench/support/torn-plan.ts'
import { strategiesOf } from '../../../src/regions/strategy-table.ts'

const choices: PlanChoices = {
  provider: 'shared-memory',
  payloadSizes: [64],
  writerIntervalsUs: [1],
  selection: [],
}

const names = (control: boolean, selection: readonly string[]): string[] =>
  planRows({ ...choices, selection })
    .filter((plan) => plan.control === control)
    .map((plan) => `${plan.protocol}/${plan.strategy}`)

const all = (control: boolean, protocol?: string): string[] =>
  benchProtocols
    .filter(({ name }) => protocol === undefined || name === protocol)
    .flatMap(({ name, schemes }) =>
      schemes
        .filter((scheme) => scheme.control === control)
        .map((scheme) => `${name}/${scheme.name}`),
    )

describe('selection', () => {
  test('nothing named is everything', () => {
    expect(names(false, [])).toEqual(all(false))
    expect(names(true, [])).toEqual(all(true))
  })

  test.each(benchProtocols.map(({ name }) => name))('%s is all of it and nothing else', (name) => {
    expect(names(false, [name])).toEqual(all(false, name))
    expect(names(true, [name])).toEqual(all(true, name))
  })

  test('strategies by name still run with every control of their protocol', () => {
    expect(names(false, ['seqlock/hash'])).toEqual(['seqlock/hash'])
    expect(names(true, ['seqlock/hash'])).toEqual(all(true, 'seqlock'))
  })

  test('controls by name run alone', () => {
    expect(names(false, ['seqlock/naive'])).toEqual([])
    expect(names(true, ['seqlock/naive'])).toEqual(['seqlock/naive'])
  })
})

describe('table', () => {
  test('the seqlock has all its strategies, and the naive READ comes first of the controls', () => {
    expect(all(false, 'seqlock')).toEqual(strategiesOf('seqlock').map((name) => `seqlock/${name}`))
    expect(all(true, 'seqlock')[0]).toBe('seqlock/naive')
    expect(protocolNames()).toContain('seqlock/naive')
  })

  test.each(benchProtocols)('$name: a control that tears on shared memory', ({ schemes }) => {
    const shown = schemes.filter(({ tearsOn }) => tearsOn.includes('shared-memory'))
    expect(shown.length).toBeGreaterThan(0)
    expect(shown.every(({ control }) => control)).toBe(true)
  })
})

test('sizes times paces times rows, and a region for each size', () => {
  const selection = ['seqlock/hash', 'seqlock/naive']
  const grid = { payloadSizes: [64, 128], writerIntervalsUs: [10, 50], selection }
  const plans = planRows({ ...choices, ...grid })
  expect(plans).toHaveLength(8)
  expect(new Set(plans.map((plan) => regionOf(plan).name)).size).toBe(4)
})

test('without a pace, protocols stand beside each other under a writer that never pauses', () => {
  const { writerIntervalsUs: _, ...unpaced } = choices
  for (const provider of ['shared-memory', 'verbs'] as const) {
    const plans = planRows({ ...unpaced, provider, payloadSizes: [64, 4096, 65536] })
    const unpaused = plans
      .filter((plan) => plan.writerIntervalUs === 0 && !plan.control && plan.payloadBytes === 4096)
      .map((plan) => `${plan.protocol}/${plan.strategy}`)
    const owners = ['seqlock/fenced', 'versioned-slots/fenced', 'versioned-slots/hash']
    for (const name of [...owners, 'rcu-cell/validated', 'rcu-cell/pinned']) {
      expect(unpaused.filter((candidate) => candidate === name)).toHaveLength(1)
    }
  }
})

test('payloads of rows whose writer never pauses are prepared, in regions of their own', () => {
  const [paced, unpaused] = planRows({
    ...choices,
    writerIntervalsUs: [1, 0],
    selection: ['seqlock/naive'],
  }).map(regionOf)
  expect(paced).toMatchObject({ prepared: false })
  expect(unpaused).toMatchObject({ prepared: true })
  expect(paced?.name).not.toBe(unpaused?.name)
})
