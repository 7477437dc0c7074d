// The crash matrix: a party dies, or freezes, at each of its points in turn, under the benign schedule
// and under sampled ones; the others go on, and parties that begin afterwards carry out whole
// operations of users. Invariant: every point that a party has in the schedule without mishap is tried,
// and what fails can be replayed from its row.
import { argumentRangeError, argumentTypeError, shown } from '../../errors.ts'
import { BiasedOracle } from '../biased-oracle.ts'
import { formatTape } from '../choice-tape.ts'
import { RandomNumbers } from '../random-numbers.ts'
import type { RunOracle } from '../run-oracle.ts'
import type { Violation } from '../scenario.ts'
import { TapeOracle } from '../tape-oracle.ts'
import {
  type MishapAt,
  PartyScenario,
  type PartyScenarioOptions,
  type PartyWorld,
} from './party-scenario.ts'

export interface CrashMatrixOptions extends Omit<PartyScenarioOptions, 'mishapAt' | 'observe'> {
  /** Who dies: one at a time. */
  readonly parties: readonly string[]
  /** Default `crash`. */
  readonly mishap?: MishapAt['mishap']
  /** Sampled schedules beside the benign one. Default 16. */
  readonly samples?: number
  /** Default 0. */
  readonly seed?: number
}

export interface CrashMatrixFailure {
  readonly mishapAt: MishapAt
  readonly violation: Violation
  /** Replays in a scenario whose options have this `mishapAt`. */
  readonly tape: string
}

export interface CrashMatrix {
  /** Points tried of each party, summed over the schedules. */
  readonly points: Readonly<Record<string, number>>
  /** Results of users that were judged. */
  readonly results: number
  readonly failures: readonly CrashMatrixFailure[]
}

/**
 * Runs a world once for each point at which one of the parties can die, and judges each run.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT
 */
export function crashMatrix<Shared>(
  world: PartyWorld<Shared>,
  options: CrashMatrixOptions,
): CrashMatrix {
  const { parties, mishap = 'crash', samples = 16, seed = 0, ...rest } = options ?? {}
  const scenario = new PartyScenario(world, rest)
  const known = scenario.parties.map(({ name }) => name)
  if (!Array.isArray(parties) || !parties.every((name) => known.includes(name))) {
    throw argumentTypeError(`parties must be an array of names of ${known.join(', ')}`)
  }
  if (mishap !== 'crash' && mishap !== 'freeze') {
    throw argumentRangeError(`mishap must be 'crash' or 'freeze'; got ${shown(mishap)}`)
  }
  const points: Record<string, number> = Object.fromEntries(parties.map((name) => [name, 0]))
  const failures: CrashMatrixFailure[] = []
  const run = (sample: number, mishapAt: MishapAt | null): void => {
    const oracle = oracleOf(seed, sample)
    oracle.begin()
    scenario.mishapAt = mishapAt
    const { violation } = scenario.run(oracle)
    if (violation === null) return
    if (mishapAt === null) throw new Error(`without any mishap: ${violation.message}`)
    const { fingerprint } = new PartyScenario(world, { ...rest, mishapAt })
    failures.push({ mishapAt, violation, tape: formatTape(oracle.tape(), fingerprint) })
  }
  for (let sample = 0; sample <= samples; sample += 1) {
    run(sample, null)
    const deedsOf = parties.map((name) => scenario.party(name).deeds)
    parties.forEach((party, index) => {
      for (let deeds = 1; deeds <= (deedsOf[index] as number); deeds += 1) {
        points[party] = (points[party] as number) + 1
        run(sample, { mishap, party, deeds })
      }
    })
  }
  return { points, results: scenario.coverage.results, failures }
}

/** The same schedule for every point, as far as the mishap leaves it alone. */
function oracleOf(seed: number, sample: number): RunOracle {
  return sample === 0 ? new TapeOracle() : new BiasedOracle(new RandomNumbers(seed, sample))
}
