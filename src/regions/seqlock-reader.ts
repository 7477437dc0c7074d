// The reader's handle of a seqlock region: the shapes of a read, and nothing beyond.
import { PayloadReader } from './payload-reader.ts'

/**
 * Reads of a region that its owner writes in place. Its versions are even. A writer that never pauses
 * may keep its reads from ending well: they then fail with ERR_UNTORN_RETRIES_EXHAUSTED.
 */
export class SeqlockReader extends PayloadReader {}
