// Handles of typed regions.
export { TypedOwner } from './typed-owner.ts'
export type { TypedOptions } from './typed-region.ts'
export type { CodecOption, TypedHandleOf } from './typed-opener.ts'
export type { TypedSnapshot } from './typed-reader.ts'
export { TypedReader } from './typed-reader.ts'
export { TypedSeqlockOwner } from './typed-seqlock-owner.ts'
export { TypedVersionedSlotsOwner } from './typed-slots-owner.ts'
