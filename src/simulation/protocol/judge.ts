// Judges every result of a reader against what the owner published. Payloads certify themselves, so
// a result needs no witness: its bytes are of one publication, or they are torn.
import type { Violation } from '../scenario.ts'
import type { OwnerTrace } from './owner-trace.ts'

export interface ReadResult {
  readonly reader: string
  readonly target: Uint8Array
  readonly offset: number
  readonly lengthBytes: number
  /** What the reader says; undefined where versions have no numbers. */
  readonly version: number | undefined
}

function matches(payload: Uint8Array, result: ReadResult): boolean {
  const { target, offset, lengthBytes } = result
  for (let at = 0; at < lengthBytes; at += 1) {
    if (payload[offset + at] !== target[at]) return false
  }
  return true
}

/**
 * Index of the publication that a result is of, or why it is of none.
 *  - `torn`: bytes that no publication ever had;
 *  - `mislabelled`: bytes of one publication under the version of another.
 */
export function publicationOf(trace: OwnerTrace, result: ReadResult): number | Violation {
  const { publications } = trace
  // The newest first: where payloads recur, the reader gets the benefit of the doubt.
  let found = -1
  for (let index = publications.length - 1; index >= 0; index -= 1) {
    const publication = publications[index] as OwnerTrace['publications'][number]
    if (!matches(publication.payload, result)) continue
    if (result.version === undefined || publication.version === result.version) return index
    found = index
  }
  const { reader, offset, lengthBytes, version } = result
  const span = `bytes ${offset} to ${offset + lengthBytes}`
  const label = version === undefined ? '' : ` as version ${version}`
  if (found < 0) {
    return {
      kind: 'torn',
      message: `${reader} returned ${span}${label}, which no version ever had: ${mixture(trace, result)}`,
    }
  }
  return {
    kind: 'mislabelled',
    message: `${reader} returned ${span} of version ${publications[found]?.version}${label}`,
  }
}

/** Which publications the words of a torn result are of. */
function mixture(trace: OwnerTrace, result: ReadResult): string {
  const parts: string[] = []
  for (let from = 0; from < result.lengthBytes;) {
    const word = Math.min(8 - ((result.offset + from) % 8), result.lengthBytes - from)
    const piece = {
      ...result,
      target: result.target.subarray(from, from + word),
      offset: result.offset + from,
      lengthBytes: word,
    }
    const versions = trace.publications.flatMap((publication, index) =>
      matches(publication.payload, piece) ? [publication.version ?? `#${index}`] : [],
    )
    parts.push(versions.length === 0 ? 'none' : versions.slice(0, 2).join('|'))
    from += word
  }
  return `words of versions ${parts.join(', ')}`
}
