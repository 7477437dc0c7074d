// What a world of parties needs, so that a mistake in one is told rather than met somewhere in a run.
import { argumentRangeError, argumentTypeError, shown } from '../../errors.ts'
import type { PartyScenarioOptions, PartyWorld } from './party-scenario.ts'

/** @throws TypeError, RangeError ERR_UNTORN_ARGUMENT */
export function requireWorld<Shared>(
  world: Partial<PartyWorld<Shared>> | undefined,
  options: Partial<PartyScenarioOptions> | undefined,
): void {
  const { regionBytes = NaN, parties, prepare } = world ?? {}
  if (!Array.isArray(parties) || parties.length === 0 || typeof prepare !== 'function') {
    throw argumentTypeError('a world has a name, regionBytes, parties, and a function prepare')
  }
  if (options?.model === undefined) throw argumentTypeError('options of a scenario name a model')
  if (!Number.isInteger(regionBytes) || regionBytes < 1) {
    throw argumentRangeError(`regionBytes must be an integer from 1 up; got ${shown(regionBytes)}`)
  }
  const names = new Set<string>()
  for (const { name, script } of parties) {
    if (typeof name !== 'string' || typeof script !== 'function') {
      throw argumentTypeError('a party has a name, and a generator function script')
    }
    if (names.has(name)) throw argumentTypeError(`two parties are named ${shown(name)}`)
    names.add(name)
  }
}
