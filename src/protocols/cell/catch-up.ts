// What was published between the last word that an owner knew and one that it found: a walk from
// object to object along `previous`, backwards. Invariant: it ends, whatever the memory holds, and
// returns only objects that fit each other, the owner's records and the word that was found.
//
// Why the walk may read them. None of these objects was retired by the owner before, so none was
// given back to its writer, and a writer stores only into objects that it has back. Each was in
// memory before its word was, on the same queue pair.
//
// Why it finds them all. A writer swaps the word from w1 to w2 only if it is w1, and w2's object says
// previous = w1. Words do not recur (pointer-code.ts), so `previous` is the history of the word.
//
// Each step must fit: the word lies in the heap, the object says that this word published it, its
// version is one below that of its successor, its unit is one that a writer may have published now,
// and the last one's is one above the version that the owner knew. All else means that a writer does
// not keep the protocol, or that somebody else has its rights.
import { UntornError } from '../../errors.ts'
import type { PresentWord } from './placement.ts'
import { Pointer, type PointerCode } from './pointer-code.ts'

/** One publication. */
export interface ChainEntry extends PresentWord {
  readonly unit: number
  readonly version: number
  readonly lengthBytes: number
}

/** What a walk looks at. */
export interface ChainSource {
  readonly code: PointerCode
  /** The header of an object, 24 bytes. */
  header(unit: number): Uint8Array
  /** Whether an object may have been published that the owner has not noticed yet. */
  isExpected(unit: number): boolean
  /** Publications that the owner can have missed, at most. */
  readonly lengthMax: number
}

/**
 * The publications after `known` up to `found`, oldest first; none when the words are equal.
 * @throws UntornError ERR_UNTORN_BROKEN_PROTOCOL
 */
export function walkBack(found: PresentWord, known: ChainEntry, source: ChainSource): ChainEntry[] {
  const chain: ChainEntry[] = []
  const header = new Int32Array(6)
  const headerBytes = new Uint8Array(header.buffer)
  let { low, high } = found
  let newer = 0
  while (low !== known.low || high !== known.high) {
    const { code } = source
    if (chain.length === source.lengthMax) throw broken(`more than ${chain.length} publications`)
    if (code.decode(low, high) !== Pointer.Object) throw broken('a word that points nowhere')
    const { unit } = code
    if (!source.isExpected(unit)) throw broken(`unit ${unit}, which nobody was to publish`)
    headerBytes.set(source.header(unit))
    const version = code.versionOf(header, 0, low)
    if (version === 0) throw broken(`unit ${unit}, whose object another word published`)
    if (newer !== 0 && version !== newer - 1) throw broken(`version ${version} before ${newer}`)
    if (chain.some((entry) => entry.unit === unit)) throw broken(`unit ${unit} twice`)
    chain.push({ unit, version, lengthBytes: header[2] as number, low, high })
    newer = version
    low = header[4] as number
    high = header[5] as number
  }
  if (newer !== 0 && newer !== known.version + 1) {
    throw broken(`version ${newer} after version ${known.version}`)
  }
  return chain.reverse()
}

function broken(what: string): UntornError {
  return new UntornError(
    'ERR_UNTORN_BROKEN_PROTOCOL',
    `a writer of the cell does not keep its protocol: the history of its word has ${what}`,
  )
}
