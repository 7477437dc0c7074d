// The owner of a cell without remote writers: publishes, scans row by row, reclaims. Every look is two
// steps, one for each load; a full fence is passed before the first.
import { UntornError } from '../../errors.ts'
import { Row, rowOffset } from '../../protocols/cell/layout.ts'
import type { Party, Script } from '../party/index.ts'
import type { CellRun } from './cell-run.ts'

/**
 * `store`: publishes the next payload, if there is room. `scan`: a whole scan. `meet`: waits until all
 * parties have come to their next meeting.
 */
export type OwnerDeed = 'store' | 'scan' | 'meet' | 'close'

export function* ownerScript(party: Party, run: CellRun, deeds: readonly OwnerDeed[]): Script {
  for (const deed of deeds) {
    if (deed === 'scan') yield* scan(party, run)
    else if (deed === 'meet') yield* run.meet(party)
    else if (deed === 'close') run.owner.close()
    else store(party, run)
    yield* party.step()
  }
}

function store(party: Party, run: CellRun): void {
  const { owner } = run
  try {
    owner.store(run.payload(owner.version + 1))
    party.say(`stores version ${owner.version}`)
    run.noteVersion()
  } catch (error) {
    if (!(error instanceof UntornError) || error.code !== 'ERR_UNTORN_HEAP_EXHAUSTED') throw error
    party.say('finds no room')
  }
}

/** A whole scan, as `Reclaimer.scan` does it in one go. */
export function* scan(party: Party, run: CellRun): Script {
  const { reclaimer, readers } = run.owner
  reclaimer.beginScan()
  yield* party.step()
  for (let row = 0; row < readers.rows; row += 1) {
    if (!readers.isGranted(row)) continue
    let clock = party.now()
    // Where no time passes, a step before the load is one that the fence has had.
    if (party.timePasses) yield* party.step()
    const pin = readers.loadPin(row)
    yield* party.step()
    if (run.cell.clockAfterLook === true) {
      party.port?.take(rowOffset(row) + Row.sequence)
      yield* party.step()
      clock = party.now()
    }
    reclaimer.look(row, clock, pin)
    yield* party.step()
  }
  const reclaimed = reclaimer.endScan(party.now())
  party.say(`ends a scan: ${reclaimed} reclaimed`)
  run.noteScan()
}
