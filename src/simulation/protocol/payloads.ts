// Payloads that certify themselves: every 32-bit word is a pseudo-random function of version,
// position and region, so bytes prove which version they are of, and a mixture proves itself torn.

/** Payload number `count` of a region: bytes of two payloads differ in every word. */
export function certifiedPayload(payloadBytes: number, count: number, region = 0): Uint8Array {
  const bytes = new Uint8Array(payloadBytes)
  for (let at = 0; at < payloadBytes; at += 1) bytes[at] = certifiedByte(count, at, region)
  return bytes
}

/** One byte; consecutive counts differ in every byte, so that even one byte tells neighbours apart. */
function certifiedByte(count: number, at: number, region: number): number {
  let mixed = Math.imul(at + 1, 0x9e37_79b1) ^ Math.imul(region + 1, 0x85eb_ca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2_ae35)
  mixed ^= mixed >>> 13
  // An odd stride makes the byte a permutation of count modulo 256; higher bits stir from 256 on,
  // and again from 65536 on, or payloads so far apart would be the same.
  const stride = (mixed & 0xfe) | 1
  const stirred = Math.imul(count >>> 8, mixed >>> 16) + Math.imul(count >>> 16, stride)
  return ((mixed >>> 8) + Math.imul(count, stride) + stirred) & 0xff
}

/** Payload whose 8-byte words swap places with their neighbours at every write. */
export function swappedPayload(payloadBytes: number, count: number, region = 0): Uint8Array {
  const base = certifiedPayload(payloadBytes, 0, region)
  if (count % 2 === 0) return base
  const bytes = base.slice()
  for (let at = 0; at + 16 <= payloadBytes; at += 16) {
    bytes.set(base.subarray(at + 8, at + 16), at)
    bytes.set(base.subarray(at, at + 8), at + 8)
  }
  return bytes
}

/** The words 1, 2, 3, …, which change places with their neighbours at every write. */
export function swappedNumbers(payloadBytes: number, count: number): Uint8Array {
  const bytes = new Uint8Array(payloadBytes)
  for (let at = 0; at < payloadBytes; at += 8) {
    const word = at / 8
    bytes[at] = 1 + (count % 2 === 0 ? word : word ^ 1)
  }
  return bytes
}

/** Zero-padded payload, of which every other publication uses the first half only. */
export function messagePayload(payloadBytes: number, count: number, region = 0): Uint8Array {
  const bytes = certifiedPayload(payloadBytes, count, region)
  const lengthBytes = count % 2 === 0 ? payloadBytes / 2 : payloadBytes
  bytes.fill(0, lengthBytes)
  // A message does not end with what it is padded with.
  const last = bytes[lengthBytes - 1]
  if (last === 0) bytes[lengthBytes - 1] = 0xff
  return bytes
}

/** Makes the payload of publication `count`. */
export type PayloadOracle = (payloadBytes: number, count: number, region: number) => Uint8Array

export type PayloadName = 'certified' | 'swapped-numbers' | 'messages'

/** By names that plain data can hold. */
export const payloadOracles: Readonly<Record<PayloadName, PayloadOracle>> = {
  certified: certifiedPayload,
  'swapped-numbers': swappedNumbers,
  messages: messagePayload,
}
