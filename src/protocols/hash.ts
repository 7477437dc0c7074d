// The library's 64-bit hash: XXH64 from the xxhash-wasm package, which can only be instantiated
// asynchronously. `loadHash` therefore returns the function itself: whoever holds it may call it
// synchronously, and nobody can call it too early. No top-level await, so that bundlers and
// `require()` of this ESM package keep working.
import xxhash from 'xxhash-wasm'

/** Keyed 64-bit hash of some bytes. The seed is taken modulo 2^64. */
export type Hash64 = (bytes: Uint8Array, seed: bigint) => bigint

let loading: Promise<Hash64> | undefined

/**
 * Instantiates XXH64 once per process; later calls share the result. The returned function copies
 * its input into WebAssembly memory, which grows to the largest input and never shrinks.
 */
export function loadHash(): Promise<Hash64> {
  loading ??= xxhash().then(
    (api) =>
      (bytes: Uint8Array, seed: bigint): bigint =>
        api.h64Raw(bytes, seed),
  )
  return loading
}
