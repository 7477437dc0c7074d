// What must be so before exploring means anything: the owner does the same twice, and the reader
// alone returns the first payload of a region that nobody writes. Mistakes here are mistakes of the
// protocol's code, not findings, and are thrown.
import { UntornError } from '../errors.ts'
import { samplingModel } from '../simulation/sampling-model.ts'
import { TapeOracle } from '../simulation/tape-oracle.ts'
import type { CheckWorld } from './check-world.ts'
import type { CheckedProtocol } from './checked-protocol.ts'
import { CheckedScenario } from './checked-scenario.ts'
import { hasCode } from './has-code.ts'

/** @throws UntornError ERR_UNTORN_BROKEN_PROTOCOL, or what the owner's or reader's mistake has */
export function preflight(protocol: CheckedProtocol, worlds: readonly CheckWorld[]): void {
  for (const world of worlds) requireRepeatableOwner(protocol, world)
  const scenario = quietScenario(protocol)
  const { violation } = scenario.run(new TapeOracle())
  const { mishap } = protocol
  if (mishap.happened) {
    if (hasCode(mishap.error)) throw mishap.error
    throw new UntornError(
      'ERR_UNTORN_BROKEN_PROTOCOL',
      `the reader threw on a region that nobody writes: ${String(mishap.error)}`,
      { cause: mishap.error },
    )
  }
  if (violation !== null || scenario.coverage.results > 0) return
  throw new UntornError(
    'ERR_UNTORN_BROKEN_PROTOCOL',
    'the reader did not accept the first payload of a region that nobody writes: look at what it ' +
      'compares',
  )
}

function quietScenario(protocol: CheckedProtocol): CheckedScenario {
  return new CheckedScenario(protocol, { owner: 0 }, samplingModel('minimal'))
}

/** Owners are recorded once for all schedules: two recordings must not differ. */
function requireRepeatableOwner(protocol: CheckedProtocol, world: CheckWorld): void {
  /** The scenario is made for what its owner stores meanwhile. */
  const record = (): readonly string[] => {
    protocol.log.length = 0
    const recorded = new CheckedScenario(protocol, world, samplingModel('minimal'))
    return [...protocol.log, recorded.fingerprint]
  }
  const one = record()
  const other = record()
  const length = Math.max(one.length, other.length)
  for (let at = 0; at < length; at += 1) {
    if (one[at] === other[at]) continue
    throw new UntornError(
      'ERR_UNTORN_BROKEN_PROTOCOL',
      `the owner is not deterministic: its call ${at + 1} was ${one[at] ?? 'none'}, and ` +
        `${other[at] ?? 'none'} when run again`,
    )
  }
}
