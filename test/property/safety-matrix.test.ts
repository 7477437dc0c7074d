// Goal: the safety matrix that is checked in is what explorations say, and what the documents and the
// strategies say of it is true. Method: every counterexample is replayed; the cells of all presets,
// and others that the seed chooses, are explored again and compared number by number. All cells are,
// with UNTORN_MATRIX=all or by `npm run matrix -- --check`. A falsified entry must be noticed.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import * as prettier from 'prettier'
import { describe, expect, it, test } from 'vitest'
import { cellControls } from '../../src/protocols/cell/index.ts'
import {
  loadHash,
  negativeControls,
  portableKernels,
  slotsControls,
} from '../../src/protocols/index.ts'
import type {
  SeqlockControl,
  SeqlockStrategyName,
  SlotsControl,
} from '../../src/protocols/index.ts'
import { type SafetyCell, safetyAxes } from '../../src/regions/safety-cell.ts'
import { safetyMatrix } from '../../src/regions/safety-matrix.ts'
import { verdictIn } from '../../src/regions/strategy-table.ts'
import { explore } from '../../src/simulation/explore.ts'
import {
  type CellResult,
  type MatrixSubject,
  canonicalCell,
  canonicalCells,
  cellName,
  cellSubject,
  exploreCell,
  matrixSubjects,
  parseEvidence,
  renderEvidence,
  renderPage,
  renderTable,
  resultOf,
  rowOf,
  safetyCells,
  scenarioOf,
  seqlockSubject,
  slotsSubject,
  subjectName,
  subjectOf,
  subjectsOf,
  tableOf,
  worldApplies,
  worldOf,
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

type Experiment = readonly [MatrixSubject, SafetyCell]

const experiments: readonly Experiment[] = matrixSubjects.flatMap((subject) =>
  canonicalCells(subject).map((cell): Experiment => [subject, cell]),
)

function cellNamed(cells: Partial<SafetyCell>): SafetyCell {
  const [strongest] = safetyCells as [SafetyCell]
  return { ...strongest, ...cells }
}

function cellOfPreset(name: SamplingPreset): SafetyCell {
  const { atomicGranuleBytes, sampling, readAfterRead, cpu, ...rest } = samplingPresets[name]
  return { atomicGranuleBytes, sampling, replay: rest.replay, readAfterRead, cpu }
}

/** The kind of violation of one world in one cell, or null. */
function violationIn(strategy: SeqlockStrategyName, cell: SafetyCell, name: string): string | null {
  const subject = seqlockSubject(strategy)
  const scenario = scenarioOf(subject, cell, worldOf(subject, name), kernels)
  const { complete, counterexample } = explore(scenario, { strategy: 'exhaustive' })
  expect(complete || counterexample !== undefined).toBe(true)
  return counterexample?.violation.kind ?? null
}

describe('what is checked in', () => {
  it('has every experiment and no other', () => {
    for (const subject of matrixSubjects) {
      const names = canonicalCells(subject).map(cellName)
      expect(Object.keys(rowOf(evidence, subject)).sort()).toEqual([...names].sort())
    }
    expect(experiments).toHaveLength(504)
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
    matrixSubjects.map((subject): Experiment => [
      subject,
      canonicalCell(subject, cellOfPreset(name)),
    ]),
  )
  const seed = Number(process.env['UNTORN_SEED'] ?? 0)
  const others = fc.sample(fc.constantFrom(...experiments), { seed, numRuns: SAMPLED_CELLS })
  const chosen = process.env['UNTORN_MATRIX'] === 'all' ? experiments : [...presets, ...others]
  const named = new Map(
    chosen.map((experiment) => {
      const [subject, cell] = experiment
      return [`${subjectName(subject)} ${cellName(cell)}`, experiment] as const
    }),
  )
  test.each([...named])('%s', (_name, [subject, cell]) => {
    expect(exploreCell(subject, cell, kernels)).toEqual(resultOf(evidence, subject, cell))
  })

  it('notices a falsified entry', () => {
    const cell = cellNamed({ atomicGranuleBytes: 8 })
    const subject = seqlockSubject('lines')
    const right = exploreCell(subject, cell, kernels)
    const { counterexample: _, ...rest } = resultOf(evidence, subject, cell)
    const falsified: CellResult = { ...rest, verdict: 'sound' }
    expect(right).not.toEqual(falsified)
    const lines = { ...rowOf(evidence, subject), [cellName(cell)]: falsified }
    const seqlock = { ...evidence.seqlock, lines }
    expect(renderTable({ ...evidence, seqlock })).not.toBe(renderTable(evidence))
  })
})

describe('counterexamples', () => {
  it('fail again as they say, every one of them', () => {
    let count = 0
    for (const [subject, cell] of experiments) {
      const { verdict, counterexample } = resultOf(evidence, subject, cell)
      expect(verdict === 'unsound').toBe(counterexample !== undefined)
      if (counterexample === undefined) continue
      const world = worldOf(subject, counterexample.world)
      const scenario = scenarioOf(subject, cell, world, kernels)
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
  const seqlockRow = (control: SeqlockControl): MatrixSubject => {
    if (control.name === 'unversioned-hash') return seqlockSubject('hash', control)
    const marked = control.layout === 'words' || control.layout === 'lines'
    return seqlockSubject(marked ? control.layout : 'fenced', control)
  }
  const slotsRow = (control: SlotsControl): MatrixSubject =>
    slotsSubject(/hash|guess/.test(control.name) ? 'hash' : 'fenced', control)
  const caught = (subject: MatrixSubject, cell: SafetyCell): boolean =>
    subject.worlds.some((world) => {
      if (!worldApplies(world, subject.strategy, cell)) return false
      const scenario = scenarioOf(subject, cell, world, kernels)
      const exhaustive = { strategy: 'exhaustive', schedulesMax: 20_000 } as const
      const mixed = { strategy: 'mixed', schedulesMax: world.samples ?? 2000 } as const
      const ways = subject.tooLarge(world, cell) ? [mixed] : [exhaustive, mixed]
      return ways.some(
        (options) => explore(scenario, { ...options, shrinkRunsMax: 0 }).verdict === 'violated',
      )
    })
  const rows = [
    ...Object.values(negativeControls)
      .filter(({ workload }) => workload === 'writes' || workload === 'aborts')
      .map((control) => ({ control, subject: seqlockRow(control) })),
    ...Object.values(slotsControls).map((control) => ({ control, subject: slotsRow(control) })),
    ...Object.values(cellControls)
      .filter(({ world }) => world === 'reads')
      .map((control) => ({ control, subject: cellSubject('fenced', control) })),
  ].flatMap(({ control, subject }) =>
    control.caughtUnder.map((preset) => [control.name, preset, subject] as const),
  )
  test.each(rows)('%s under %s', (_name, preset, subject) => {
    expect(caught(subject, cellOfPreset(preset))).toBe(true)
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
    const subject = seqlockSubject(strategy)
    expect(canonicalCell(subject, cell)).not.toEqual(cell)
    expect(exploreCell(subject, cell, kernels)).toEqual(resultOf(evidence, subject, cell))
  })
})

describe('what is said of it', () => {
  const verdictOf = ({ protocol, strategy }: MatrixSubject, cell: SafetyCell): string =>
    verdictIn(protocol, strategy, cell)
  const named = matrixSubjects.map((subject) => [subjectName(subject), subject] as const)

  it.each(named)('%s needs the granule that it says it needs', (_name, subject) => {
    const { atomicGranuleBytes } = subject.needs
    for (const cell of safetyCells) {
      const expected = cell.atomicGranuleBytes < atomicGranuleBytes
      expect([cellName(cell), verdictOf(subject, cell) === 'unsound']).toEqual([
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
    for (const subject of matrixSubjects) {
      const broken = safetyCells.filter((cell) => verdictOf(subject, cell) === 'unsound')
      for (const weaker of safetyCells) {
        if (verdictOf(subject, weaker) === 'unsound') continue
        expect(broken.filter((cell) => atMost(cell, weaker))).toEqual([])
      }
    }
  })

  it('only samples are short of all schedules, and only those at granule 1', () => {
    for (const [subject, cell] of experiments) {
      const { verdict } = resultOf(evidence, subject, cell)
      if (verdict === 'sampled') expect([subject, cell.atomicGranuleBytes]).toEqual([subject, 1])
    }
    const smallest = cellNamed({ atomicGranuleBytes: 1, sampling: 'arbitrary', cpu: 'weak' })
    const wholeWorlds = [
      ['seqlock', 'hash', 'one-byte'],
      ['versioned-slots', 'fenced', 'latch-byte'],
      ['versioned-slots', 'hash', 'latch-byte'],
    ] as const
    for (const [protocol, strategy, world] of wholeWorlds) {
      const { sampledWorlds } = resultOf(evidence, subjectOf(protocol, strategy), smallest)
      expect(sampledWorlds).not.toContain(world)
    }
  })

  it('every world shows something in some cell, and a single write does not break fenced', () => {
    for (const { protocol, worlds } of matrixSubjects) {
      for (const world of worlds) {
        const shown = subjectsOf(protocol).some(({ strategy }) =>
          safetyCells.some((cell) => worldApplies(world, strategy, cell)),
        )
        expect([world.name, shown]).toEqual([world.name, true])
      }
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
