// Values in regions: `untorn/codecs`. Pure, nothing native, so that a file with the codecs of a program
// can be shared by all its processes, and by those without RDMA.
export type { Codec, FixedCodec, ValueOf } from './codec.ts'
export { array } from './array.ts'
export { bytes } from './bytes.ts'
export type { JsonOptions } from './json.ts'
export { json } from './json.ts'
export { bool, f32, f64, i16, i32, i64, i8, u16, u32, u64, u8 } from './numbers.ts'
export type { Fields, StructValue } from './struct.ts'
export { struct } from './struct.ts'
export { text } from './text.ts'
