// Goal: the sentence names the words, versions and steps that tore, and claims nothing that the
// trace does not show. Method: hand-written traces whose tearing pair is known.
import { describe, expect, test } from 'vitest'
import { analyseTearing, versionOf } from '../../../../src/simulation/report/tearing.ts'
import { TraceBuilder, longRun, torn, tornRead, tornSecondAttempt } from './traces.ts'

describe('the tearing pair', () => {
  test('an overtaken word, the store that overtook it, and the word that came later', () => {
    const { pair, reader, firstStep, lastStep, sentence } = analyseTearing(tornRead(), torn)
    expect({ reader, firstStep, lastStep }).toEqual({ reader: 'r1', firstStep: 1, lastStep: 6 })
    expect(pair?.older.sample.step).toBe(3)
    expect(pair?.replacedBy?.step).toBe(4)
    expect(pair?.newer.sample.step).toBe(6)
    expect(sentence).toBe(
      'reader r1 returned words of versions 2 and 4: word 2 was sampled at step 3, ' +
        'version 4 stored it at step 4; word 3, sampled at step 6, is of version 4 already',
    )
  })

  test('samples of an attempt that was given up do not count', () => {
    const { pair, segments } = analyseTearing(tornSecondAttempt(), torn)
    expect(segments.map(({ sample }) => sample.operation)).toEqual([2, 2])
    expect(pair === null ? [] : [versionOf(pair.older), versionOf(pair.newer)]).toEqual([4, 6])
    expect(pair?.replacedBy?.step).toBe(7)
  })

  test('the next version is named even when others followed before the second sample', () => {
    const { pair } = analyseTearing(longRun(), torn)
    expect(pair?.replacedBy?.version).toBe(31)
    expect(pair === null ? 0 : versionOf(pair.newer)).toBe(74)
  })

  test('a sample of several words is taken apart', () => {
    const trace = new TraceBuilder()
      .store('owner', 2, 2)
      .store('owner', 3, 2)
      .step()
      .store('owner', 2, 4)
      .step()
      .act('r1', 'begins read 1')
      .sample('r1.qp', 1, 16, 16)
      .step()
      .store('owner', 3, 4)
      .step()
      .act('r1', 'returns version 4 (torn)')
      .build(['owner', 'r1', 'r1.qp'])
    const { pair } = analyseTearing(trace, torn)
    expect(pair?.older).toMatchObject({ offset: 24, lengthBytes: 8 })
    expect(pair?.newer).toMatchObject({ offset: 16, lengthBytes: 8 })
    expect(pair?.replacedBy?.step).toBe(3)
  })

  test('words of one store stay words', () => {
    // Nobody stored these sixteen bytes; still they are two words.
    const trace = new TraceBuilder()
      .store('owner', 2, 2)
      .step()
      .act('r1', 'begins read 1')
      .sample('r1.qp', 1, 24, 16)
      .build(['owner', 'r1', 'r1.qp'])
    const { segments } = analyseTearing(trace, torn)
    expect(segments.map(({ offset, lengthBytes }) => [offset, lengthBytes])).toEqual([
      [24, 8],
      [32, 8],
    ])
  })

  test('a read inside one write: nothing is claimed of a store that never happened', () => {
    const trace = new TraceBuilder()
      .store('owner', 2, 2)
      .store('owner', 3, 2)
      .step()
      .store('owner', 2, 4)
      .step()
      .act('r1', 'begins read 1')
      .sample('r1.qp', 1, 16, 16)
      .act('r1', 'returns version 4 (torn)')
      .build(['owner', 'r1', 'r1.qp'])
    const { pair, sentence } = analyseTearing(trace, torn)
    expect(pair?.replacedBy).toBeNull()
    expect(sentence).toContain('word 3 was sampled at step 2, before version 4 stored it')
  })

  test('a word that newer versions left alone is not old', () => {
    // Version 4 stores word 3 only: word 2 of version 2 belongs to it.
    const trace = new TraceBuilder()
      .store('owner', 2, 2)
      .store('owner', 3, 2)
      .store('owner', 4, 2)
      .step()
      .act('r1', 'begins read 1')
      .sample('r1.qp', 1, 32, 8)
      .step()
      .store('owner', 3, 4)
      .step()
      .store('owner', 4, 4)
      .step()
      .sample('r1.qp', 1, 16, 8)
      .sample('r1.qp', 1, 24, 8)
      .act('r1', 'returns version 4 (torn)')
      .build(['owner', 'r1', 'r1.qp'])
    expect(analyseTearing(trace, torn).pair?.older.offset).toBe(32)
  })
})

describe('where no pair can be told, the violation speaks', () => {
  const message = 'r1 returned version 2 after version 4'

  test.each(['stale', 'backwards', 'closed', 'stuck'])('%s', (kind) => {
    const { pair, sentence } = analyseTearing(tornRead(), { kind, message })
    expect(pair).toBeNull()
    expect(sentence).toBe(message)
  })

  test('torn, but all words are of one version', () => {
    const trace = new TraceBuilder()
      .store('owner', 2, 2)
      .store('owner', 3, 2)
      .step()
      .act('r1', 'begins read 1')
      .sample('r1.qp', 1, 16, 16)
      .build(['owner', 'r1', 'r1.qp'])
    expect(analyseTearing(trace, { kind: 'torn', message }).pair).toBeNull()
  })

  test('an empty trace', () => {
    const { sentence, segments } = analyseTearing({ actors: [], events: [] }, torn)
    expect(sentence).toBe(torn.message)
    expect(segments).toEqual([])
  })
})

describe('whose read it is', () => {
  test('of two readers the one that the message names, and not one whose name begins alike', () => {
    const trace = new TraceBuilder()
      .step()
      .act('r1', 'begins read 1')
      .step()
      .act('r12', 'begins read 1')
      .build(['owner', 'r1', 'r12'])
    const message = 'r12 returned bytes that no version had'
    expect(analyseTearing(trace, { kind: 'torn', message }).reader).toBe('r12')
  })

  test('a name inside another word is not a name', () => {
    const trace = new TraceBuilder()
      .step()
      .act('r1', 'begins read 1')
      .step()
      .act('r2', 'begins read 1')
      .build(['owner', 'r1', 'r2'])
    const message = 'of par1 and par2 r2 returned half'
    expect(analyseTearing(trace, { kind: 'torn', message }).reader).toBe('r2')
  })

  test('whoever acted last when it names none', () => {
    const message = 'something is wrong'
    expect(analyseTearing(tornRead(), { kind: 'torn', message }).reader).toBe('r1')
  })
})
