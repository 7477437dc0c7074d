// Which function opens the regions of which protocol: `peer.open(name, { protocol })` takes the
// opener's options and gives its handle, or with { codec } that of its values. A protocol is added by one
// line in each of the two.
import { type OpenRcuCellOptions, openRcuCell } from './cell/open-cell.ts'
import type { RcuCellReader } from './cell/cell-reader.ts'
import type { OpenReader } from './contract.ts'
import type { LockedReader } from './locked/locked-reader.ts'
import { type OpenLockedOptions, openLocked } from './locked/open-locked.ts'
import { type OpenReaderOptions, openSeqlock } from './open-seqlock.ts'
import type { SeqlockReader } from './seqlock-reader.ts'
import { type OpenVersionedSlotsOptions, openVersionedSlots } from './slots/open-slots.ts'
import type { VersionedSlotsReader } from './slots/slots-reader.ts'
import { TypedRcuCellReader } from './typed/typed-cell-reader.ts'
import { TypedLockedReader } from './typed/typed-locked-reader.ts'
import { typedOpener } from './typed/typed-opener.ts'

export interface Openers {
  readonly seqlock: OpenReader<SeqlockReader, OpenReaderOptions>
  readonly 'versioned-slots': OpenReader<VersionedSlotsReader, OpenVersionedSlotsOptions>
  readonly locked: OpenReader<LockedReader, OpenLockedOptions>
  readonly 'rcu-cell': OpenReader<RcuCellReader, OpenRcuCellOptions>
}

export const openers: Openers = {
  seqlock: typedOpener(openSeqlock),
  'versioned-slots': typedOpener(openVersionedSlots),
  locked: typedOpener(openLocked, (codec, raw) => new TypedLockedReader(codec, raw)),
  'rcu-cell': typedOpener(openRcuCell, (codec, raw) => new TypedRcuCellReader(codec, raw)),
}
