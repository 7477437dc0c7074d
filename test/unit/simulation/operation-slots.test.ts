// Goal: the hash of a state tells operations apart that may do different things next. Method: two
// operations that differ in one respect, each in a slot of its own.
import { expect, test } from 'vitest'
import { Opcode, OperationFlags } from '../../../src/fabric/operation-ring.ts'
import { OperationSlots } from '../../../src/simulation/operation-slots.ts'
import { StateHash } from '../../../src/simulation/state-hash.ts'

function hashOf(change: (slots: OperationSlots) => void): string {
  const slots = new OperationSlots(1)
  slots.opcode[0] = Opcode.Read
  slots.lengthBytes[0] = 16
  slots.cut(0, 8, 64)
  change(slots)
  const hash = new StateHash()
  hash.reset()
  slots.mix(0, hash)
  return hash.toString()
}

test('operations that differ have different hashes', () => {
  const hashes = [
    hashOf(() => undefined),
    hashOf((slots) => (slots.flags[0] = OperationFlags.Fence)),
    hashOf((slots) => (slots.remoteOffset[0] = 8)),
    hashOf((slots) => (slots.localOffset[0] = 8)),
    hashOf((slots) => (slots.executed[0] = 1)),
    hashOf((slots) => (slots.replaysLeft[0] = 1)),
    hashOf((slots) => slots.advance(0, 0, 1)),
    hashOf((slots) => slots.advance(0, 1, 1)),
  ]
  expect(new Set(hashes).size).toBe(hashes.length)
})

test('whether a completion is wanted says nothing of the future of memory', () => {
  const signalled = hashOf((slots) => (slots.flags[0] = OperationFlags.Signalled))
  expect(signalled).toBe(hashOf(() => undefined))
})
