// Goal: the hash is XXH64 and the portable kernels do what the port promises. Method: published
// test vectors, and a round trip.
import { expect, test } from 'vitest'
import { loadHash, portableKernels } from '../../../src/protocols/index.ts'
import { codeOf } from './support/bench-region.ts'

const hash64 = await loadHash()
const kernels = portableKernels(hash64)

test('XXH64 test vectors', () => {
  expect(hash64(new Uint8Array(0), 0n)).toBe(0xef46_db37_51d8_e999n)
  expect(hash64(Buffer.from('abc'), 0n)).toBe(0x44bc_2cf5_ad77_0999n)
  expect(hash64(Buffer.from('abc'), 1n)).not.toBe(hash64(Buffer.from('abc'), 0n))
})

test('one instance for the process, and inputs of any alignment', async () => {
  expect(await loadHash()).toBe(hash64)
  const bytes = Uint8Array.from({ length: 1000 }, (_, at) => at & 0xff)
  expect(hash64(bytes.subarray(3, 903), 5n)).toBe(hash64(bytes.slice(3, 903), 5n))
})

test('deinterleave32 unpacks, and sees one wrong tag anywhere', () => {
  const source = new Uint8Array(32)
  const view = new DataView(source.buffer)
  for (let unit = 0; unit < 4; unit += 1) {
    view.setUint32(8 * unit, 0xa0a0_0000 + unit, true)
    view.setUint32(8 * unit + 4, 0xffff_fffe, true)
  }
  const target = new Uint8Array(16)
  expect(kernels.deinterleave32(target, source, 0xffff_fffe)).toBe(true)
  expect([...new Uint32Array(target.buffer)]).toEqual([
    0xa0a0_0000, 0xa0a0_0001, 0xa0a0_0002, 0xa0a0_0003,
  ])
  for (let unit = 0; unit < 4; unit += 1) {
    const wrong = source.slice()
    wrong[8 * unit + 7] = 0x7f
    expect(kernels.deinterleave32(target, wrong, 0xffff_fffe)).toBe(false)
  }
  expect(codeOf(() => kernels.deinterleave32(target, source.subarray(8), 1))).toBe(
    'ERR_UNTORN_ARGUMENT',
  )
  const skewed = new Uint8Array(40)
  for (const action of [
    () => kernels.deinterleave32(skewed.subarray(2, 18), source, 1),
    () => kernels.deinterleave32(target, skewed.subarray(4, 36), 1),
  ]) {
    expect(codeOf(action)).toBe('ERR_UNTORN_MISALIGNED')
  }
  expect(kernels.deinterleave32(skewed.subarray(4, 20), source, 0xffff_fffe)).toBe(true)
})
