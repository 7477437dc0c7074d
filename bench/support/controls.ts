// The negative controls that a bench can run against real memory.
import { argumentRangeError } from '../../src/errors.ts'
import { negativeControls } from '../../src/protocols/seqlock/controls.ts'
import type { SeqlockScheme } from '../../src/protocols/seqlock/index.ts'

const controls: ReadonlyMap<string, SeqlockScheme> = new Map(
  Object.values(negativeControls)
    .filter((control) => control.bench)
    .map((control) => [control.name, control]),
)

/** In the order of the registry: the naive READ first. */
export function controlNames(): readonly string[] {
  return [...controls.keys()]
}

/** @throws RangeError ERR_UNTORN_ARGUMENT when there is no such control */
export function controlScheme(name: string): SeqlockScheme {
  const scheme = controls.get(name)
  if (scheme === undefined) {
    throw argumentRangeError(`control must be one of ${controlNames().join(', ')}; got ${name}`)
  }
  return scheme
}
