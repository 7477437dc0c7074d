// Goal: payloads prove which publication they are of. Method: compares payloads near and far apart.
import { expect, test } from 'vitest'
import {
  certifiedPayload,
  messagePayload,
  swappedNumbers,
} from '../../../src/simulation/protocol/payloads.ts'

const bytes = 64

// Far apart: controls with short version tags let exactly so many writes pass.
test.each([1, 2, 16, 256, 2 ** 16])(
  'payloads %i publications apart differ in every word',
  (gap) => {
    for (const count of [0, 1, 7, 300]) {
      const [first, second] = [certifiedPayload(bytes, count), certifiedPayload(bytes, count + gap)]
      for (let at = 0; at < bytes; at += 4) {
        expect(first.subarray(at, at + 4)).not.toEqual(second.subarray(at, at + 4))
      }
    }
  },
)

test('messages are padded with zeros, end with another byte, and change their length', () => {
  const lengths = [0, 1, 2, 3].map(
    (count) => messagePayload(bytes, count).findLastIndex((byte) => byte !== 0) + 1,
  )
  expect(lengths).toEqual([32, 64, 32, 64])
})

test('swapped numbers keep their sum and their exclusive or, and no place', () => {
  const [first, second] = [swappedNumbers(bytes, 0), swappedNumbers(bytes, 1)]
  const sorted = (each: Uint8Array): Uint8Array => each.toSorted((a, b) => a - b)
  expect(sorted(first)).toEqual(sorted(second))
  for (let at = 0; at < bytes; at += 8) expect(first[at]).not.toBe(second[at])
})
