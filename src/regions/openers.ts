// Which function opens the regions of which protocol: `peer.open(name, { protocol })` takes the
// opener's options and gives its handle. A protocol is added by one line in each of the two.
import type { OpenReader } from './contract.ts'
import { type OpenReaderOptions, openSeqlock } from './open-seqlock.ts'
import type { SeqlockReader } from './seqlock-reader.ts'

export interface Openers {
  readonly seqlock: OpenReader<SeqlockReader, OpenReaderOptions>
}

export const openers: Openers = {
  seqlock: openSeqlock,
}
