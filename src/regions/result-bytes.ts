// Memory for results. Invariant: no byte handed out is ever handed out again, so two results never
// overlap; small ones may lie in one ArrayBuffer, side by side.

/** Up to here V8 keeps a typed array's bytes inside the object: the cheapest allocation there is. */
const INLINE_BYTES_MAX = 64

/**
 * From here on a result has an ArrayBuffer of its own. Cutting it from a slab still saves half the
 * time, but one result kept alive would keep the whole slab alive.
 */
const SLAB_PART_BYTES_MAX = 4096

/** A slab serves at least sixteen results: allocating it (some µs) then hardly shows. */
const SLAB_BYTES = 65_536

let slab: ArrayBuffer = new ArrayBuffer(0)
let used = 0

/**
 * A fresh array of `lengthBytes` bytes with undefined contents, 8-byte aligned. Arrays of 65 to
 * 4096 bytes share an ArrayBuffer with others without overlapping them, so `array.buffer` must not
 * be transferred; `array.slice()` is a copy of one's own.
 */
export function allocateResult(lengthBytes: number): Uint8Array {
  if (lengthBytes <= INLINE_BYTES_MAX) return new Uint8Array(lengthBytes)
  if (lengthBytes > SLAB_PART_BYTES_MAX) {
    // Unlike `new Uint8Array(n)` this does not write zeroes that the read overwrites anyway.
    return new Uint8Array(Buffer.allocUnsafeSlow(lengthBytes).buffer)
  }
  if (used + lengthBytes > slab.byteLength) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES).buffer
    used = 0
  }
  const part = new Uint8Array(slab, used, lengthBytes)
  used += (lengthBytes + 7) & ~7
  return part
}
