// Which function opens the regions of which protocol: `peer.open(name, { protocol })` takes the
// opener's options and gives its handle, or with { codec } that of its values. A protocol is added by one line in each of the two.
import type { OpenReader } from './contract.ts'
import { type OpenReaderOptions, openSeqlock } from './open-seqlock.ts'
import type { SeqlockReader } from './seqlock-reader.ts'
import { type OpenVersionedSlotsOptions, openVersionedSlots } from './slots/open-slots.ts'
import type { VersionedSlotsReader } from './slots/slots-reader.ts'
import { typedOpener } from './typed/typed-opener.ts'

export interface Openers {
  readonly seqlock: OpenReader<SeqlockReader, OpenReaderOptions>
  readonly 'versioned-slots': OpenReader<VersionedSlotsReader, OpenVersionedSlotsOptions>
}

export const openers: Openers = {
  seqlock: typedOpener(openSeqlock),
  'versioned-slots': typedOpener(openVersionedSlots),
}
