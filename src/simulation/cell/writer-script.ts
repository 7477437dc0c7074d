// Those who swap the word of a cell: remote writers, and the owner through its own NIC. Every update
// makes the next version's bytes of the version that it read. Judged by the history: updates and loads
// are those of a counter; and, when all is over, that no room was lost (leak).
import { UntornError } from '../../errors.ts'
import type { CellDraft, CellReader, OwnerSwap } from '../../protocols/cell/index.ts'
import { Verdict } from '../../protocols/machine.ts'
import type { SequentialSpecification } from '../history/index.ts'
import type { Party, Script } from '../party/index.ts'
import type { CellRun } from './cell-run.ts'
import { scan } from './owner-script.ts'

export interface CellCall {
  /** `use`: under a pin, of what may have been replaced long ago. */
  readonly kind: 'load' | 'update' | 'use'
}

/** The version that a load found or an update made; null: it found none, or made none. */
export type CellAnswer = number | null

export const cellSpecification: SequentialSpecification<number, CellCall, CellAnswer> = {
  initial: 1,
  next(version, { kind }, answer) {
    if (answer === null || kind === 'use') return [version]
    if (kind === 'load') return answer === undefined || answer === version ? [version] : []
    return answer === undefined || answer === version + 1 ? [version + 1] : []
  },
  key: (version) => version,
}

/** `update`: one user's update, up to a bound of attempts. `load`: without a pin. */
export type WriterDeed = 'update' | 'load'

export interface WriterScriptOptions {
  readonly deeds: readonly WriterDeed[]
  readonly attemptsMax: number
  readonly place: number
  /** Nobody else does anything: every load has to bring something, every update has to be made. */
  readonly alone?: boolean
}

export function* writerScript(party: Party, run: CellRun, options: WriterScriptOptions): Script {
  const { scheme, kernels } = run.cell
  const reader = scheme.createReader(run.shape, kernels)
  const writer = scheme.createWriter(run.shape, kernels, options.place)
  party.bind(writer)
  for (const deed of options.deeds) {
    const call = party.invoke({ kind: deed })
    if (deed === 'load') {
      const found = yield* load(party, run, reader)
      if (found === null && options.alone === true) {
        party.violate('stuck', 'could not read a cell that nobody changes')
      }
      party.respond(call, found)
      continue
    }
    let answer: CellAnswer = null
    for (let attempt = 0; attempt < options.attemptsMax && answer === null; attempt += 1) {
      const version = yield* load(party, run, reader)
      if (version === null) continue
      writer.start(run.payload(version + 1), reader)
      const { kind, verdict } = yield* party.operate(writer, { attemptsMax: 1 })
      if (kind === 'failed') return party.abandon(call)
      if (kind === 'ended' && verdict === Verdict.Done && writer.swapped) answer = writer.version
    }
    if (answer === null && options.alone === true) {
      party.violate('stuck', 'could not update a cell that nobody else changes')
    }
    party.respond(call, answer)
  }
}

/** The version that a load found, its bytes judged; null when it found none. */
function* load(party: Party, run: CellRun, reader: CellReader): Script<number | null> {
  const target = new Uint8Array(run.payloadBytes)
  const request = { target, offset: 0, lengthBytes: run.payloadBytes, knownVersion: 0 }
  const { kind, verdict } = yield* party.read(reader, request, { attemptsMax: 1 })
  if (kind !== 'ended' || verdict !== Verdict.Done) return null
  run.judge(party, reader.version, 0, target.subarray(0, reader.resultBytes))
  return reader.version
}

/**
 * `update`, `scan`; `learn`: looks what others published; `bury`: waits until the writers have come to
 * their end, ends their claims; `grant`: gives the first place away again, which has to be free;
 * `audit`: nothing is left but the present object.
 */
export type SwappingDeed = 'update' | 'scan' | 'learn' | 'bury' | 'grant' | 'audit'

export interface SwappingOwnerOptions {
  readonly deeds: readonly SwappingDeed[]
  readonly attemptsMax: number
}

export function* swappingOwnerScript(
  party: Party,
  run: CellRun,
  options: SwappingOwnerOptions,
): Script {
  const swap = run.cell.scheme.createSwap(run.owner)
  party.bind(swap)
  for (const deed of options.deeds) {
    if (deed === 'scan') yield* scan(party, run)
    else if (deed === 'learn') yield* learn(party, run, swap, 0)
    else if (deed === 'update') yield* update(party, run, swap, options.attemptsMax)
    else if (deed === 'audit') audit(party, run)
    else if (deed === 'grant') yield* grant(party, run)
    else yield* bury(party, run)
    yield* party.step()
  }
}

function* learn(party: Party, run: CellRun, swap: OwnerSwap, queuePair: number): Script {
  swap.learn()
  const { kind } = yield* party.operate(swap, { attemptsMax: 1, queuePair })
  if (kind === 'failed') {
    party.close(queuePair)
    swap.abandon()
  }
  run.noteVersion()
}

function* update(party: Party, run: CellRun, swap: OwnerSwap, attemptsMax: number): Script {
  const { owner } = run
  const call = party.invoke({ kind: 'update' })
  let answer: CellAnswer = null
  for (let attempt = 0; attempt < attemptsMax && answer === null; attempt += 1) {
    const draft = tryDraft(run)
    if (draft === null) break
    swap.publish(draft, owner.version)
    const { kind } = yield* party.operate(swap, { attemptsMax: 2 })
    if (kind === 'failed') {
      party.close(0)
      swap.abandon()
      yield* learn(party, run, swap, 1)
      return party.abandon(call)
    }
    run.noteVersion()
    if (swap.swapped) answer = owner.version
    else owner.discard(draft)
  }
  party.respond(call, answer)
}

function tryDraft(run: CellRun): CellDraft | null {
  const { owner } = run
  try {
    return owner.draft(run.payload(owner.version + 1))
  } catch (error) {
    if (error instanceof UntornError && error.code === 'ERR_UNTORN_HEAP_EXHAUSTED') return null
    throw error
  }
}

/** Whoever is gone loses its queue pair first, and then its place. */
function* bury(party: Party, run: CellRun): Script {
  const { writers } = run
  yield* party.until(() => writers.every(({ over }) => over))
  writers.forEach((writer, place) => {
    party.destroy(writer)
    run.owner.writers.end(place)
  })
}

/** Whoever is told of the place finds its line as it is now. */
function* grant(party: Party, run: CellRun): Script {
  const place = run.owner.writers.grant()
  if (place !== 0) party.violate('leak', `has place ${place} to give away, and not the first`)
  yield* party.fence()
  run.granted = true
}

function audit(party: Party, run: CellRun): void {
  const { heap, retired } = run.owner.statistics
  const { taken } = run.owner.writers
  if (heap.objects === 1 && retired === 0 && taken === 0) return
  const left = `${heap.objects} objects, ${retired} retired, ${taken} places`
  party.violate('leak', `finds ${left} when nobody uses any but the present object`)
}
