// Judges every result of a reader. Judged are: it is of one publication and says so (torn,
// mislabelled); that one is no older than the last published before the read began (stale), nor than
// what the same reader returned before (backwards); Closed is said after the owner began to close,
// and nothing else once it has closed (closed), nor anything once another generation has begun to
// store over the region (ended). Who wanted one version gets that one, however old, or
// is told truly that it is not there yet (stale) or there no more (lapped).
import { Verdict } from '../../protocols/machine.ts'
import type { StoreBuffer } from '../store-buffer.ts'
import { publicationOf } from './judge.ts'
import type { OwnerTrace } from './owner-trace.ts'
import type { ReaderProgram } from './reader-program.ts'

/** Where a reader reads from: what its owner did, and how much of that is visible. */
export interface JudgedOwner {
  readonly buffer: StoreBuffer
  readonly trace: OwnerTrace
}

/** Index of the last publication all of whose stores are visible; -1 before the first. */
export function lastPublished({ buffer, trace }: JudgedOwner): number {
  const { publications } = trace
  let last = -1
  while ((publications[last + 1]?.end ?? Infinity) <= buffer.prefix) last += 1
  return last
}

/** Whether the owner has closed and all it stored is visible, even if `close` stored nothing. */
export function isClosed({ buffer, trace }: JudgedOwner): boolean {
  return trace.closes && buffer.prefix === trace.end
}

export class ReaderJudge {
  readonly #violate: (kind: string, message: string) => void
  /** How many versions up to the present one stay readable. */
  readonly #versionsKept: number

  constructor(versionsKept: number, violate: (kind: string, message: string) => void) {
    this.#versionsKept = versionsKept
    this.#violate = violate
  }

  /** Judges a read that ended with a verdict; returns what to say of it in a report. */
  judge(reader: ReaderProgram, owner: JudgedOwner): string {
    const { buffer, trace } = owner
    if (reader.verdict === Verdict.Closed) {
      // On a weak CPU the first stores of the mark may overtake the last ones before it.
      const closing = trace.closeStart < trace.end && buffer.visibleFrom(trace.closeStart)
      if (!closing) this.#violate('closed', `${reader.name}: the owner had not closed`)
      return 'returns Closed'
    }
    const { machine } = reader
    if (reader.endedBefore) {
      const kind = isClosed(owner) ? 'closed' : 'ended'
      const returned = `${reader.name} returned version ${machine.version}`
      this.#violate(kind, `${returned} of a region that had ${kind}`)
    }
    if (reader.verdict === Verdict.Lapped) return this.#judgeLapped(reader, owner)
    if (reader.request.wantedVersion !== 0) return this.#judgeWanted(reader, trace)
    if (reader.verdict === Verdict.Unchanged) return this.#judgeUnchanged(reader, trace)
    return this.#judgeSnapshot(reader, trace)
  }

  #judgeSnapshot(reader: ReaderProgram, trace: OwnerTrace): string {
    const found = this.#publicationOf(reader, trace)
    if (typeof found === 'string') return found
    this.#judgeAge(reader, trace, found)
    return `returns version ${trace.publications[found]?.version ?? `#${found}`}`
  }

  /** A read of one version: neither its age nor what was read before says anything about it. */
  #judgeWanted(reader: ReaderProgram, trace: OwnerTrace): string {
    const { machine, request, verdict } = reader
    const wanted = request.wantedVersion
    if (verdict === Verdict.Unchanged) {
      const index = trace.publications.findIndex(({ version }) => version === wanted)
      if (index >= 0 && index <= reader.baseline) {
        this.#violate('stale', `${reader.name} says that version ${wanted} is not published yet`)
      }
      return `returns Unchanged at version ${machine.version}`
    }
    const found = this.#publicationOf(reader, trace)
    if (typeof found === 'string') return found
    if (machine.version !== wanted) {
      const returned = `returned version ${machine.version}`
      this.#violate('mislabelled', `${reader.name} ${returned}, and wanted ${wanted}`)
    }
    return `returns version ${machine.version}`
  }

  #judgeLapped(reader: ReaderProgram, owner: JudgedOwner): string {
    const { machine, request } = reader
    const { publications } = owner.trace
    const first = publications[0]?.version ?? 0
    const last = publications[lastPublished(owner)]?.version ?? 0
    const gone = Math.max(first, last - this.#versionsKept + 1) - request.wantedVersion
    const missed = machine.missed ?? 0
    if (request.wantedVersion === 0 || missed < 1 || missed > gone) {
      const claim = `${missed} versions from ${request.wantedVersion} on are gone`
      this.#violate('lapped', `${reader.name} says that ${claim}; it is ${Math.max(0, gone)}`)
    }
    return `returns Lapped, ${missed} missed`
  }

  /** Index of the publication that was returned; a note of what is wrong when it is of none. */
  #publicationOf(reader: ReaderProgram, trace: OwnerTrace): number | string {
    const { machine, request } = reader
    const numbered = trace.publications[0]?.version !== undefined
    const version = numbered ? machine.version : undefined
    const found = publicationOf(trace, {
      reader: reader.name,
      target: request.target,
      offset: request.offset,
      lengthBytes: request.lengthBytes,
      version,
    })
    if (typeof found === 'number') return found
    this.#violate(found.kind, found.message)
    return `returns version ${version ?? '?'} (${found.kind})`
  }

  #judgeUnchanged(reader: ReaderProgram, trace: OwnerTrace): string {
    const { machine, request } = reader
    if (machine.version !== request.knownVersion || request.knownVersion === 0) {
      const asked = `asked about ${request.knownVersion}`
      this.#violate('mislabelled', `${reader.name} says unchanged at ${machine.version}, ${asked}`)
    }
    const index = trace.publications.findIndex(({ version }) => version === machine.version)
    this.#judgeAge(reader, trace, index)
    return `returns Unchanged at version ${machine.version}`
  }

  #judgeAge(reader: ReaderProgram, { publications }: OwnerTrace, found: number): void {
    const name = (index: number): string => String(publications[index]?.version ?? `#${index}`)
    if (found < reader.baseline) {
      const before = `though ${name(reader.baseline)} was published before the read began`
      this.#violate('stale', `${reader.name} returned version ${name(found)}, ${before}`)
    }
    const last = reader.newest
    if (found < last) {
      this.#violate('backwards', `${reader.name} returned ${name(found)} after ${name(last)}`)
    }
    reader.newest = Math.max(last, found)
    reader.returned = publications[found]?.version ?? 0
  }
}
