// Goal: whatever order publications, notices, losses and looks come in, a notified watch sees versions that
// grow, and has soon seen the last one, without any look that only makes up for lost notices. Method: random
// histories over an owner's Watchers, a Watch and the wire between them, where notices are held, delivered,
// acknowledged late, or lost with the queue pair; then everything heals. Handshakes that forget something are caught.
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { UntornError } from '../../../src/errors.ts'
import type { Claim, ClaimHolder } from '../../../src/regions/contract.ts'
import { RegionOwner } from '../../../src/regions/region-owner.ts'
import { type World, makeWorld } from './fixture.ts'

const seed = Number(process.env['UNTORN_SEED'] ?? 0)
const BYTES = 8
/** Far beyond any history. */
const NEVER_MS = 3_600_000
/** Owed notices are tried again within 64 ms. */
const SOON_MS = 70

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** What goes wrong in a handshake that must be caught. */
interface Flaw {
  /** The wire says that it took what it dropped. */
  readonly forgetsOwed?: boolean
  /** A claim that ended is not heard of. */
  readonly forgetsEnd?: boolean
}

/** The queue pair between one watch and its owner: one notice at a time is on its way. */
class Wire implements Claim {
  readonly kind = 'watch'
  readonly parameters = {}
  readonly windows = []
  readonly binding: Claim['binding']
  readonly holder: ClaimHolder
  ended: UntornError | undefined
  onEnded: Claim['onEnded'] = null
  onNotice: Claim['onNotice'] = null
  #notice: Uint8Array | null = null
  /** The owner has not heard yet that the last notice was taken. */
  #busy = false

  constructor(binding: Claim['binding'], id: number, flaw: Flaw) {
    this.binding = binding
    this.holder = {
      id,
      kind: 'watch',
      peer: 'test',
      evict: () => Promise.resolve(),
      notify: (message) => {
        if (this.#busy) return flaw.forgetsOwed === true
        this.#busy = true
        this.#notice = message
        return true
      },
    }
  }

  deliver(): void {
    const notice = this.#notice
    this.#notice = null
    if (notice !== null) this.onNotice?.(notice)
  }

  acknowledge(): void {
    if (this.#notice === null) this.#busy = false
  }

  release(): Promise<void> {
    return Promise.resolve()
  }
}

type Step = 'write' | 'deliver' | 'acknowledge' | 'break' | 'turn' | 'wait'

/** Runs a history to its good end; the versions that were seen, and the last one there is. */
async function run(steps: readonly Step[], flaw: Flaw): Promise<{ seen: number[]; last: number }> {
  const world: World = await makeWorld({ bytes: BYTES, strategy: 'fenced' })
  const claims = RegionOwner.claimsOf(world.owner)
  const wires: Wire[] = []
  world.source.claim = () => {
    const wire = new Wire(world.source.state as Claim['binding'], wires.length, flaw)
    wires.push(wire)
    claims.claim(wire.holder)
    return Promise.resolve(wire)
  }
  const watch = world.reader.watch({ notify: true, pace: { minMs: 1, maxMs: NEVER_MS } })
  const seen: number[] = []
  const watching = (async () => {
    for await (const { version } of watch) seen.push(version)
  })()
  for (const step of steps) {
    const wire = wires.at(-1)
    if (step === 'write') world.owner.write(new Uint8Array(BYTES).fill(seen.length))
    else if (step === 'deliver') wire?.deliver()
    else if (step === 'acknowledge') wire?.acknowledge()
    else if (step === 'wait') await vi.advanceTimersByTimeAsync(1)
    else if (step === 'turn') await Promise.resolve()
    else if (wire !== undefined && wire.ended === undefined) {
      wire.ended = new UntornError('ERR_UNTORN_NOT_CONNECTED', 'its queue pair was replaced')
      claims.ended(wire.holder)
      if (flaw.forgetsEnd !== true) wire.onEnded?.(wire.ended)
    }
  }
  for (let round = 0; round < 3; round += 1) {
    wires.at(-1)?.deliver()
    wires.at(-1)?.acknowledge()
    await vi.advanceTimersByTimeAsync(SOON_MS)
  }
  await watch.return()
  await watching
  return { seen, last: world.owner.version }
}

const histories = fc.array(
  fc.constantFrom<Step>(
    ...(['write', 'write', 'write', 'deliver', 'deliver'] as const),
    ...(['acknowledge', 'turn', 'wait', 'wait', 'break'] as const),
  ),
  { maxLength: 40 },
)

async function seesAll(steps: readonly Step[], flaw: Flaw = {}): Promise<boolean> {
  const { seen, last } = await run(steps, flaw)
  const grow = seen.every((version, index) => index === 0 || version > (seen[index - 1] ?? 0))
  return grow && seen.at(-1) === last
}

test('the last version is seen soon', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (steps) => {
      expect(await seesAll(steps)).toBe(true)
    }),
    { seed, numRuns: 300 },
  )
})

test.each([
  ['a notice that is owed is forgotten', { forgetsOwed: true }],
  ['the end of a claim is not heard of', { forgetsEnd: true }],
] satisfies [string, Flaw][])('caught: %s', async (_, flaw) => {
  const { failed } = await fc.check(
    fc.asyncProperty(histories, (steps) => seesAll(steps, flaw)),
    { seed, numRuns: 2000 },
  )
  expect(failed).toBe(true)
})
