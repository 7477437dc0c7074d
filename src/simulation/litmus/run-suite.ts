// Explores litmus entries under every preset and judges what comes out. Invariant: a result depends
// on programs and models alone, never on time or chance.
import { samplingPresetNames } from '../sampling-model.ts'
import type { SamplingPreset } from '../sampling-model.ts'
import { litmus } from './litmus.ts'
import type { Litmus, LitmusExploration } from './litmus.ts'
import { matchesOutcome } from './outcome.ts'
import type { OutcomeValues } from './outcome.ts'
import type { LitmusEntry } from './suite-entry.ts'

/** One entry under one preset. */
export interface LitmusResult {
  /** Texts of all outcomes, sorted. */
  readonly outcomes: readonly string[]
  /** Whether the judged outcome is among them. */
  readonly judged: boolean
  readonly schedules: number
  readonly states: number
  /** The outcomes are all there are. */
  readonly complete: boolean
}

export interface LitmusEntryResult {
  readonly id: string
  readonly presets: Readonly<Record<SamplingPreset, LitmusResult>>
  /** Variant's name → whether the judged outcome can occur. */
  readonly variants: Readonly<Record<string, boolean>>
}

/** The program of an entry. */
export function litmusOf(entry: LitmusEntry): Litmus {
  return litmus({ name: entry.id, ...entry.spec })
}

/** Whether an outcome is the judged one. */
export function isJudged(entry: LitmusEntry, values: OutcomeValues): boolean {
  const { program } = litmusOf(entry)
  return entry.judged.some((pattern) => matchesOutcome(program, pattern, values))
}

/** Explores one entry under every preset and variant. */
export function runLitmusEntry(entry: LitmusEntry): LitmusEntryResult {
  const program = litmusOf(entry)
  const result = (exploration: LitmusExploration): LitmusResult => ({
    outcomes: exploration.outcomes.map(({ text }) => text),
    judged: exploration.outcomes.some(({ values }) => isJudged(entry, values)),
    schedules: exploration.schedules,
    states: exploration.states,
    complete: exploration.complete,
  })
  const presets = samplingPresetNames.map((name) => [name, result(program.explore(name))] as const)
  const variants = (entry.variants ?? []).map(
    ({ name, model }) => [name, result(program.explore(model)).judged] as const,
  )
  return {
    id: entry.id,
    presets: Object.fromEntries(presets) as Record<SamplingPreset, LitmusResult>,
    variants: Object.fromEntries(variants),
  }
}

/** What an entry says and exploration denies: one sentence each. */
export function contradictions(entry: LitmusEntry, result: LitmusEntryResult): string[] {
  const said = (where: string, allowed: boolean, judged: boolean): string[] => {
    if (allowed === judged) return []
    const verdict = allowed
      ? 'allowed, but no schedule has it'
      : 'forbidden, but some schedule has it'
    return [`${entry.id} under ${where}: ${verdict}`]
  }
  return [
    ...samplingPresetNames.flatMap((name) => [
      ...said(name, entry.allowed.includes(name), result.presets[name].judged),
      ...(result.presets[name].complete ? [] : [`${entry.id} under ${name}: not all explored`]),
    ]),
    ...(entry.variants ?? []).flatMap(({ name, allowed }) =>
      said(name, allowed, result.variants[name] === true),
    ),
  ]
}
