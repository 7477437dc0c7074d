// A reader of a cell: loads without a pin, guards, parts of guarded objects, renewals. Judged: bytes are of
// the version that they are said to be (torn, mislabelled), versions are no older than what was visible
// before the read (stale) and do not run back (backwards), guarded objects age through one grace period
// at most (aged) and are not reclaimed while they are relied upon (reclaimed); what fails, fails typed.
import {
  PinApartReader,
  PinnedObjectReader,
  type ReaderRow,
  RowRelease,
  RowRenewal,
} from '../../protocols/cell/index.ts'
import { Verdict } from '../../protocols/machine.ts'
import type { OperationEnd, Party, Script } from '../party/index.ts'
import { POISON } from '../simulated-memory.ts'
import type { CellMoment, CellRun } from './cell-run.ts'

/**
 * `load`: without a pin. `pin`: takes a guard, and reads the present object under it. `part`: reads the
 * second half of that object. `drop`: ends the guard. `renew`: renews the pin. `online`, `offline`: a
 * pin that stands without a guard, and its end. `meet`: as the owner's.
 */
export type ReaderDeed = 'load' | 'pin' | 'part' | 'drop' | 'renew' | 'online' | 'offline' | 'meet'

export interface ReaderScriptOptions {
  readonly deeds: readonly ReaderDeed[]
  readonly attemptsMax: number
  /** In ticks. */
  readonly leaseTicks: number
  /** In the owner's table. */
  readonly row: number
  /** Nothing is against it: every read has to bring something. */
  readonly mustRead?: boolean
}

export function readerScript(party: Party, run: CellRun, options: ReaderScriptOptions): Script {
  return new CellReaderScript(party, run, options).deeds()
}

class CellReaderScript {
  readonly #party: Party
  readonly #run: CellRun
  readonly #options: ReaderScriptOptions
  readonly #row: ReaderRow
  readonly #target: Uint8Array
  readonly #machines
  /** When the clock was read last. */
  #moment: CellMoment
  #newest = 0
  #guard: { readonly term: number; readonly version: number; readonly offset: number } | null = null

  constructor(party: Party, run: CellRun, options: ReaderScriptOptions) {
    this.#party = party
    this.#run = run
    this.#options = options
    this.#moment = run.moment
    const { shape, cell } = run
    const { scheme, kernels } = cell
    this.#row = scheme.createRow(options.row, options.leaseTicks)
    this.#target = new Uint8Array(run.payloadBytes)
    const clock = (): number => {
      this.#moment = run.moment
      return party.now()
    }
    const row = this.#row
    this.#machines = {
      validated: scheme.createReader(shape, kernels),
      pinned: scheme.createPinned(shape, kernels, row, clock),
      object: new PinnedObjectReader(shape, row, clock),
      renewal: new RowRenewal(shape, kernels, row, clock),
      release: new RowRelease(shape, kernels, row),
    }
    const { pinned } = this.#machines
    if (pinned instanceof PinApartReader) pinned.apart = party.sideSink(pinned, 1)
  }

  *deeds(): Script {
    for (const deed of this.#options.deeds) yield* this.#do(deed)
  }

  *#do(deed: ReaderDeed): Script {
    switch (deed) {
      case 'load':
        return yield* this.#load()
      case 'pin':
        return yield* this.#pin()
      case 'part':
        return yield* this.#part()
      case 'drop':
        return yield* this.#drop()
      case 'meet':
        return yield* this.#run.meet(this.#party)
      case 'renew':
        return yield* this.#renew()
      case 'online':
        this.#row.standing = true
        return yield* this.#renew()
      case 'offline':
        this.#row.standing = false
        return yield* this.#release()
    }
  }

  *#load(): Script {
    const { validated } = this.#machines
    const before = this.#run.visibleVersion
    const end = yield* this.#party.read(validated, this.#request(), this.#attempts)
    if (!this.#gives(end)) return
    this.#judge(validated.version, validated.resultBytes, before)
  }

  *#pin(): Script {
    const { pinned } = this.#machines
    const before = this.#run.visibleVersion
    pinned.guard = 0
    const end = yield* this.#party.read(pinned, this.#request(), this.#attempts)
    const term = pinned.guard
    if (!this.#gives(end)) {
      if (this.#row.drop(term)) yield* this.#release()
      return
    }
    const { version, objectOffset } = pinned
    this.#judge(version, pinned.resultBytes, before)
    this.#run.used(this.#party, version, this.#moment)
    if (this.#guard !== null) this.#row.drop(this.#guard.term)
    this.#guard = { term, version, offset: objectOffset }
  }

  *#part(): Script {
    if (this.#guard === null) return
    const { object } = this.#machines
    const { term, version, offset: objectOffset } = this.#guard
    const objectBytes = this.#run.payloadBytes
    const offset = objectBytes >> 1
    this.#target.fill(POISON)
    const request = {
      target: this.#target,
      offset,
      lengthBytes: objectBytes - offset,
      knownVersion: 0,
      object: { objectOffset, objectBytes, version, guard: term },
    }
    const end = yield* this.#party.read(object, request, this.#attempts)
    if (!this.#gives(end)) return
    this.#run.judge(this.#party, version, offset, this.#target.subarray(0, object.resultBytes))
    this.#run.used(this.#party, version, this.#moment)
    this.#tell(version)
  }

  *#drop(): Script {
    if (this.#guard === null) return
    const { term } = this.#guard
    this.#guard = null
    if (this.#row.drop(term)) yield* this.#release()
  }

  *#renew(): Script {
    yield* this.#party.operate(this.#machines.renewal)
  }

  *#release(): Script {
    yield* this.#party.operate(this.#machines.release)
  }

  get #attempts(): { readonly attemptsMax: number } {
    return { attemptsMax: this.#options.attemptsMax }
  }

  #request(): {
    target: Uint8Array
    offset: number
    lengthBytes: number
    knownVersion: number
  } {
    this.#target.fill(POISON)
    const { payloadBytes } = this.#run
    return { target: this.#target, offset: 0, lengthBytes: payloadBytes, knownVersion: 0 }
  }

  /** Whether an operation gave bytes; everything else is a typed failure. */
  #gives({ kind, verdict }: OperationEnd): boolean {
    if (kind === 'ended' && verdict === Verdict.Done) return true
    if (this.#options.mustRead === true) {
      this.#party.violate('stuck', 'could not read a cell that nobody changes')
    }
    if (kind !== 'ended') return false
    const typed = verdict === Verdict.Expired || verdict === Verdict.Closed
    if (!typed) this.#party.violate('stuck', `ended with verdict ${verdict}`)
    return false
  }

  #judge(version: number, resultBytes: number, visibleBefore: number): void {
    const party = this.#party
    if (resultBytes !== this.#run.payloadBytes) {
      party.violate('torn', `was given ${resultBytes} bytes as version ${version}`)
    }
    this.#run.judge(party, version, 0, this.#target.subarray(0, resultBytes))
    if (version < visibleBefore) {
      party.violate('stale', `was given version ${version} when ${visibleBefore} was visible`)
    }
    if (version < this.#newest) {
      party.violate('backwards', `was given version ${version} after ${this.#newest}`)
    }
    this.#newest = Math.max(this.#newest, version)
    this.#tell(version)
  }

  /** A result that was judged. */
  #tell(version: number): void {
    const call = this.#party.invoke({ kind: 'use' })
    this.#party.respond(call, version)
  }
}
