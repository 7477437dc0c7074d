// Goal: the safety matrix that is checked in is what explorations say, and what the documents and the
// strategies say of it is true. Method: every counterexample is replayed; the cells of all presets,
// and others that the seed chooses, are explored again and compared number by number. All cells are,
// with UNTORN_MATRIX=all or by `npm run matrix -- --check`. A falsified entry must be noticed.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import * as prettier from 'prettier'
import { describe, expect, it, test } from 'vitest'
import {
  loadHash,
  negativeControls,
  portableKernels,
  seqlockStrategies,
} from '../../src/protocols/index.ts'
import type { SeqlockControl, SeqlockStrategyName } from '../../src/protocols/index.ts'
import { type SafetyCell, safetyAxes } from '../../src/regions/safety-cell.ts'
import { safetyMatrix } from '../../src/regions/safety-matrix.ts'
import { verdictIn } from '../../src/regions/strategy-table.ts'
import { explore } from '../../src/simulation/explore.ts'
import {
  type CellResult,
  canonicalCell,
  canonicalCells,
  cellName,
  exploreCell,
  matrixStrategies,
  matrixWorlds,
  parseEvidence,
  renderEvidence,
  renderPage,
  renderTable,
  resultOf,
  safetyCells,
  scenarioOf,
  tableOf,
  worldApplies,
} from '../../src/simulation/matrix/index.ts'
import { replay } from '../../src/simulation/replay.ts'
import {
  type SamplingPreset,
  samplingPresetNames,
  samplingPresets,
} from '../../src/simulation/sampling-model.ts'

const SAMPLED_CELLS = 8

const kernels = portableKernels(await loadHash())
const root = new URL('../../', import.meta.url)
const fileOf = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const evidence = parseEvidence(fileOf('docs/safety-matrix.json'))

type Experiment = readonly [SeqlockStrategyName, SafetyCell]

const experiments: readonly Experiment[] = matrixStrategies.flatMap((strategy) =>
  canonicalCells(strategy).map((cell): Experiment => [strategy, cell]),
)

function cellNamed(cells: Partial<SafetyCell>): SafetyCell {
  const [strongest] = safetyCells as [SafetyCell]
  return { ...strongest, ...cells }
}

function cellOfPreset(name: SamplingPreset): SafetyCell {
  const { atomicGranuleBytes, sampling, readAfterRead, cpu, ...rest } = samplingPresets[name]
  return { atomicGranuleBytes, sampling, replay: rest.replay, readAfterRead, cpu }
}

function worldNamed(name: string): (typeof matrixWorlds)[number] {
  const world = matrixWorlds.find((candidate) => candidate.name === name)
  if (world === undefined) throw new Error(`there is no world ${name}`)
  return world
}

/** The kind of violation of one world in one cell, or null. */
function violationIn(strategy: SeqlockStrategyName, cell: SafetyCell, name: string): string | null {
  const scenario = scenarioOf(strategy, cell, worldNamed(name), kernels)
  const { complete, counterexample } = explore(scenario, { strategy: 'exhaustive' })
  expect(complete || counterexample !== undefined).toBe(true)
  return counterexample?.violation.kind ?? null
}

describe('what is checked in', () => {
  it('has every experiment and no other', () => {
    for (const strategy of matrixStrategies) {
      const names = canonicalCells(strategy).map(cellName)
      expect(Object.keys(evidence[strategy]).sort()).toEqual([...names].sort())
    }
    expect(experiments).toHaveLength(252)
  })

  it('makes the chooser’s table and its source', () => {
    expect(safetyMatrix).toEqual(tableOf(evidence))
    expect(renderTable(evidence)).toBe(fileOf('src/regions/safety-matrix.ts'))
    expect(renderEvidence(evidence)).toBe(fileOf('docs/safety-matrix.json'))
  })

  it('makes the page', async () => {
    const path = new URL('docs/safety-matrix.md', root).pathname
    const options = await prettier.resolveConfig(path)
    const text = await prettier.format(renderPage(evidence, kernels), {
      ...options,
      parser: 'markdown',
    })
    expect(text).toBe(fileOf('docs/safety-matrix.md'))
  })
})

describe('explored again', () => {
  const presets = samplingPresetNames.flatMap((name) =>
    matrixStrategies.map((strategy): Experiment => [
      strategy,
      canonicalCell(strategy, cellOfPreset(name)),
    ]),
  )
  const seed = Number(process.env['UNTORN_SEED'] ?? 0)
  const others = fc.sample(fc.constantFrom(...experiments), { seed, numRuns: SAMPLED_CELLS })
  const chosen = process.env['UNTORN_MATRIX'] === 'all' ? experiments : [...presets, ...others]
  const named = new Map(chosen.map(([strategy, cell]) => [`${strategy} ${cellName(cell)}`, cell]))
  test.each([...named])('%s', (name, cell) => {
    const strategy = name.split(' ')[0] as SeqlockStrategyName
    expect(exploreCell(strategy, cell, kernels)).toEqual(resultOf(evidence, strategy, cell))
  })

  it('notices a falsified entry', () => {
    const cell = cellNamed({ atomicGranuleBytes: 8 })
    const right = exploreCell('lines', cell, kernels)
    const { counterexample: _, ...rest } = resultOf(evidence, 'lines', cell)
    const falsified: CellResult = { ...rest, verdict: 'sound' }
    expect(right).not.toEqual(falsified)
    const cells = { ...evidence.lines, [cellName(cell)]: falsified }
    expect(renderTable({ ...evidence, lines: cells })).not.toBe(renderTable(evidence))
  })
})

describe('counterexamples', () => {
  it('fail again as they say, every one of them', () => {
    let count = 0
    for (const [strategy, cell] of experiments) {
      const { verdict, counterexample } = resultOf(evidence, strategy, cell)
      expect(verdict === 'unsound').toBe(counterexample !== undefined)
      if (counterexample === undefined) continue
      const scenario = scenarioOf(strategy, cell, worldNamed(counterexample.world), kernels)
      const { end } = replay(scenario, counterexample.tape)
      expect(end.violation?.kind).toBe(counterexample.kind)
      count += 1
    }
    expect(count).toBeGreaterThan(50)
  })
})

// Worlds that no wrong protocol fails in would call everything sound. Controls that show only with
// payloads or versions of their own (swapped words, wrapped tags, zero pages) have other worlds.
describe('the worlds catch wrong protocols', () => {
  const scopeOf = (control: SeqlockControl): SeqlockStrategyName => {
    if (control.name === 'unversioned-hash') return 'hash'
    return control.layout === 'words' || control.layout === 'lines' ? control.layout : 'fenced'
  }
  const caught = (control: SeqlockControl, cell: SafetyCell): boolean =>
    matrixWorlds.some((world) => {
      if (!worldApplies(world, scopeOf(control), cell)) return false
      const scenario = scenarioOf(scopeOf(control), cell, world, kernels, control)
      const options = { strategy: 'exhaustive', schedulesMax: 20_000, shrinkRunsMax: 0 } as const
      return explore(scenario, options).verdict === 'violated'
    })
  const rows = Object.values(negativeControls)
    .filter(({ workload }) => workload === 'writes' || workload === 'aborts')
    .flatMap((control) =>
      control.caughtUnder.map((preset) => [control.name, preset, control] as const),
    )
  test.each(rows)('%s under %s', (_name, preset, control) => {
    expect(caught(control, cellOfPreset(preset))).toBe(true)
  })
})

describe('cells that are not run', () => {
  it.each([
    ['hash', { sampling: 'arbitrary', replay: 'suffix', readAfterRead: 'unordered' }],
    ['hash', { sampling: 'ascending', replay: 'suffix', readAfterRead: 'unordered', cpu: 'weak' }],
    ['fenced', { sampling: 'arbitrary', replay: 'suffix', readAfterRead: 'unordered' }],
    ['words', { sampling: 'arbitrary', replay: 'suffix', readAfterRead: 'unordered', cpu: 'weak' }],
    ['lines', { atomicGranuleBytes: 64, sampling: 'arbitrary', replay: 'suffix' }],
  ] as const)('are the experiment that stands for them: %s %o', (strategy, part) => {
    const cell = cellNamed({ atomicGranuleBytes: 8, ...part })
    expect(canonicalCell(strategy, cell)).not.toEqual(cell)
    expect(exploreCell(strategy, cell, kernels)).toEqual(resultOf(evidence, strategy, cell))
  })
})

describe('what is said of it', () => {
  it.each(matrixStrategies)('%s needs the granule that it says it needs', (strategy) => {
    const { atomicGranuleBytes } = seqlockStrategies[strategy].needs
    for (const cell of safetyCells) {
      const expected = cell.atomicGranuleBytes < atomicGranuleBytes
      expect([cellName(cell), verdictIn('seqlock', strategy, cell) === 'unsound']).toEqual([
        cellName(cell),
        expected,
      ])
    }
  })

  it('a strategy that breaks in a cell breaks in every weaker one', () => {
    const atMost = (one: SafetyCell, other: SafetyCell): boolean =>
      (['atomicGranuleBytes', 'replay', 'readAfterRead', 'cpu'] as const).every((axis) => {
        const values: readonly unknown[] = safetyAxes[axis]
        return values.indexOf(one[axis]) <= values.indexOf(other[axis])
      }) &&
      (one.sampling === other.sampling ||
        other.sampling === 'arbitrary' ||
        (other.sampling === 'eitherInPacket' && one.sampling !== 'arbitrary'))
    for (const strategy of matrixStrategies) {
      const broken = safetyCells.filter(
        (cell) => verdictIn('seqlock', strategy, cell) === 'unsound',
      )
      for (const weaker of safetyCells) {
        if (verdictIn('seqlock', strategy, weaker) === 'unsound') continue
        expect(broken.filter((cell) => atMost(cell, weaker))).toEqual([])
      }
    }
  })

  it('only samples are short of all schedules, and only those of hash at granule 1', () => {
    for (const [strategy, cell] of experiments) {
      const { verdict } = resultOf(evidence, strategy, cell)
      if (verdict === 'sampled') expect([strategy, cell.atomicGranuleBytes]).toEqual(['hash', 1])
    }
    const smallest = cellNamed({ atomicGranuleBytes: 1, sampling: 'arbitrary', cpu: 'weak' })
    expect(resultOf(evidence, 'hash', smallest).sampledWorlds).not.toContain('one-byte')
  })

  it('every world shows something in some cell, and a single write does not break fenced', () => {
    for (const world of matrixWorlds) {
      expect(experiments.some(([strategy, cell]) => worldApplies(world, strategy, cell))).toBe(true)
    }
    for (const sampling of safetyAxes.sampling) {
      const cell = cellNamed({ atomicGranuleBytes: 1, sampling, cpu: 'weak' })
      expect(violationIn('fenced', cell, 'one-write')).toBeNull()
    }
  })

  it('descending copies need the carry downwards, ascending ones upwards', () => {
    const ascending = cellNamed({ atomicGranuleBytes: 1, sampling: 'ascending' })
    const descending = cellNamed({ atomicGranuleBytes: 1, sampling: 'descendingInPacket' })
    expect(violationIn('fenced', ascending, 'carry-down')).toBeNull()
    expect(violationIn('fenced', ascending, 'carry-up')).not.toBeNull()
    expect(violationIn('fenced', descending, 'carry-up')).toBeNull()
    expect(violationIn('fenced', descending, 'carry-down')).not.toBeNull()
  })

  it('words read whole from one packet survive copies that descend, and from two do not', () => {
    const cell = cellNamed({ atomicGranuleBytes: 1, sampling: 'descendingInPacket' })
    expect(violationIn('words', cell, 'one-write')).toBeNull()
    expect(violationIn('words', cell, 'two-writes')).toBeNull()
    expect(violationIn('words', cell, 'two-parts')).not.toBeNull()
    expect(violationIn('words', cell, 'nine-words')).not.toBeNull()
    expect(violationIn('words', { ...cell, cpu: 'weak' }, 'one-write')).not.toBeNull()
  })
})
