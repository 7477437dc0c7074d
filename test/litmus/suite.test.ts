// Goal: every verdict of the litmus suite is what exploring all schedules gives, and no engine change
// alters an outcome, or the number of schedules, unnoticed.
// Method: explores each program under each preset and compares verdicts with the suite, and exact
// sets and counts with expected.json (`npm run litmus -- --update` writes it: look at the diff first).
import fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  contradictions,
  formatProgram,
  isJudged,
  litmusOf,
  litmusSuite,
  matchesOutcome,
  runLitmusEntry,
} from '../../src/simulation/litmus/index.ts'
import type { LitmusEntry, LitmusEntryResult } from '../../src/simulation/litmus/index.ts'
import { samplingPresetNames, samplingPresets } from '../../src/simulation/sampling-model.ts'
import type { SamplingModel } from '../../src/simulation/sampling-model.ts'
import { loadTool } from '../unit/tools/load-tool.ts'

type Expected = Record<string, Omit<LitmusEntryResult, 'id'>>
const expected = JSON.parse(fs.readFileSync('test/litmus/expected.json', 'utf8')) as Expected

describe.each(litmusSuite)('litmus $id: $about', (entry) => {
  it('has exactly the outcomes, in the number of schedules, that are checked in', () => {
    const { id, ...result } = runLitmusEntry(entry)
    expect(contradictions(entry, { id, ...result })).toEqual([])
    expect(result).toEqual(expected[id])
  })
})

describe('the litmus suite', () => {
  it('is what is checked in, under names of its own', () => {
    const ids = litmusSuite.map(({ id }) => id)
    expect(Object.keys(expected).toSorted()).toEqual(ids.toSorted())
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('explores everything', () => {
    const results = Object.values(expected).flatMap(({ presets }) => Object.values(presets))
    expect(results).toHaveLength(litmusSuite.length * samplingPresetNames.length)
    expect(results.every(({ complete }) => complete)).toBe(true)
  })

  it('tells each preset from every other one', () => {
    const column = (name: (typeof samplingPresetNames)[number]): string =>
      litmusSuite.map(({ allowed }) => (allowed.includes(name) ? 'a' : 'f')).join('')
    expect(new Set(samplingPresetNames.map(column)).size).toBe(samplingPresetNames.length)
  })

  it('judges what programs can show at all', () => {
    for (const entry of litmusSuite) {
      const { program } = litmusOf(entry)
      for (const pattern of entry.judged) {
        expect(() => matchesOutcome(program, pattern, {})).not.toThrow()
      }
    }
  })

  it('contradicts an entry that claims too much or too little', () => {
    const entry = litmusSuite.find(({ id }) => id === '10') as LitmusEntry
    const result = runLitmusEntry(entry)
    const strong = contradictions({ ...entry, allowed: ['sharedMemory', ...entry.allowed] }, result)
    expect(strong).toHaveLength(1)
    expect(contradictions({ ...entry, allowed: [] }, result)).toHaveLength(3)
    const variants = [{ name: 'x', model: 'rxe', allowed: true }] as const
    expect(contradictions({ ...entry, variants }, result)).toHaveLength(1)
  })

  it('finds witnesses that end as they say', () => {
    for (const entry of litmusSuite) {
      const litmus = litmusOf(entry)
      const { outcomes } = litmus.explore('nicX86')
      for (const { tape, text, values } of outcomes) {
        const again = litmus.trace('nicX86', tape)
        expect([again.text, isJudged(entry, again.values)]).toEqual([text, isJudged(entry, values)])
        expect(again.trace.events.length).toBeGreaterThan(0)
      }
    }
  })
})

describe('docs/litmus.md', () => {
  it('is what npm run litmus -- --update makes of the suite', async () => {
    interface PageTool {
      readonly litmusPage: (entries: readonly unknown[], results: Expected) => string
    }
    const { litmusPage } = await loadTool<PageTool>('lib/litmus-page.mjs')
    const entries = litmusSuite.map((entry) => ({
      ...entry,
      program: formatProgram(litmusOf(entry).program),
    }))
    // How prettier breaks lines and pads tables is none of the generator's business.
    const words = (text: string): string =>
      text
        .replaceAll(/-{3,}/g, '---')
        .replaceAll(/[\s|]+/g, ' ')
        .trim()
    const page = fs.readFileSync('docs/litmus.md', 'utf8')
    expect(words(page)).toBe(words(litmusPage(entries, expected)))
  })
})

describe('the litmus suite notices when one parameter of a model changes', () => {
  const { minimal, rxe } = samplingPresets
  // The two with the most schedules tell these models apart no better than the others.
  const long = ['iriw', '12-packets']
  const outcomes = (model: SamplingModel): string => {
    return litmusSuite
      .filter(({ id }) => !long.includes(id))
      .map(litmusOf)
      .map((program) => program.explore(model, { reduces: true }).outcomes.map(({ text }) => text))
      .join('; ')
  }
  const ofMinimal = outcomes(minimal)
  const ofRxe = outcomes(rxe)

  it.each<Partial<SamplingModel>>([
    { atomicGranuleBytes: 64 },
    { atomicGranuleBytes: 1 },
    { sampling: 'ascending' },
    { sampling: 'eitherInPacket' },
    { readAfterRead: 'ordered' },
    { readThenWrite: 'ordered' },
    { writePlacement: 'ascending' },
    { writeCompletion: 'visible' },
    { nicAtomics: 'global' },
    { cpu: 'tso' },
  ])('of minimal: %o', (change) => {
    expect(outcomes({ ...minimal, ...change })).not.toBe(ofMinimal)
  })

  it.each<Partial<SamplingModel>>([
    { sampling: 'ascending' },
    { sampling: 'arbitrary' },
    { replay: 'off' },
    { readAfterRead: 'unordered' },
    { writePlacement: 'ascending' },
  ])('of rxe: %o', (change) => {
    expect(outcomes({ ...rxe, ...change })).not.toBe(ofRxe)
  })

  it('and that a WRITE waits for READs, where no response is lost', () => {
    const overtaken = litmusOf(litmusSuite.find(({ id }) => id === '8') as LitmusEntry)
    const ordered = { ...minimal, readThenWrite: 'ordered' } as const
    expect(overtaken.allows({ ...ordered, replay: 'off' }, { a: 1 })).toBe(false)
    // A READ executed again samples after the WRITE that waited for it.
    expect(overtaken.allows(ordered, { a: 1 })).toBe(true)
  })

  it('and where packets end, which go up', () => {
    const across = litmusOf(litmusSuite.find(({ id }) => id === '12-packets') as LitmusEntry)
    expect(across.allows(rxe, { a: 1, b: 0 })).toBe(false)
    expect(across.allows({ ...rxe, packetBytes: 128 }, { a: 1, b: 0 })).toBe(true)
  })

  it('but a lost response shows nothing new where READs sample in any order', () => {
    expect(outcomes({ ...minimal, replay: 'off' })).toBe(ofMinimal)
  })
})
