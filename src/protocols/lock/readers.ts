// Readers of a locked region: the seqlock's, over the same bytes. All that differs is the version word,
// which while it is odd says who holds the lock as well.
//
// Their arguments (reader-fenced.ts, reader-hash.ts) name three orders of the seqlock's owner. Here
// they are orders of a holder's queue pair: release.ts says why they hold.
import { FencedReader } from '../seqlock/reader-fenced.ts'
import { HashReader } from '../seqlock/reader-hash.ts'
import { lockVersionAt } from './word.ts'

/** Reader of strategy `fenced`. */
export class LockedFencedReader extends FencedReader {
  protected override versionAt(word: number): number {
    return lockVersionAt(this.halves, word)
  }
}

/** Reader of strategy `hash`. */
export class LockedHashReader extends HashReader {
  protected override versionAt(word: number): number {
    return lockVersionAt(this.halves, word)
  }
}
