// What lies in the regions of 05-owner.mjs and 05-peer.mjs: a file that both sides share.
import { array, json, struct, text, u64 } from 'untorn/codecs'

/** Of an RCU cell: as long as its JSON, replaced as a whole. */
export const settings = json({ bytesMax: 1000, name: 'settings-1' })

/** Of a locked region: fixed layout, several fields that change together. */
export const stock = struct({ item: text(14), left: u64, sold: array(u64, 2) })
