// A value out of consistent bytes. Invariant: what a codec throws reaches the caller under one code.
import type { Codec } from '../../codecs/codec.ts'
import { UntornError } from '../../errors.ts'

/** @throws UntornError ERR_UNTORN_DECODE with what the codec threw as its cause */
export function decodeValue<V>(codec: Codec<V>, bytes: Uint8Array, version: number): V {
  try {
    return codec.decode(bytes)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const message = `version ${version} is no value of the codec: ${why}`
    throw new UntornError('ERR_UNTORN_DECODE', message, { cause: error })
  }
}
