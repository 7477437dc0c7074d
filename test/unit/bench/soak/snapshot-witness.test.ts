// Goal: what a soak's reader must not get is noticed: torn bytes, bytes of another version than claimed,
// a version or payload older than the one before.
import { beforeEach, describe, expect, test } from 'vitest'
import { Journal } from '../../../../bench/soak/journal.ts'
import { SnapshotWitness } from '../../../../bench/soak/snapshot-witness.ts'
import { PAYLOAD_BYTES } from '../../../../bench/soak/soak-regions.ts'
import { PayloadOracle } from '../../../../bench/support/payload-oracle.ts'

const oracle = new PayloadOracle(PAYLOAD_BYTES)

function payload(number: number): Uint8Array {
  const words = oracle.createWords()
  oracle.encode(number, words)
  return oracle.bytesOf(words)
}

let journal: Journal
let news = 0
beforeEach(() => {
  news = 0
  journal = new Journal(() => (news += 1))
})

const wrong = (): number => journal.report().violations.length

describe('one writer', () => {
  test('versions in order, the same one twice, and a new generation are fine', () => {
    const witness = new SnapshotWitness('seqlock', 'version', journal)
    for (const version of [4, 4, 10]) witness.check(version, payload(version), 'read')
    witness.renew()
    witness.check(2, payload(2), 'read')
    expect(wrong()).toBe(0)
    expect(news).toBe(0)
  })

  test('torn bytes and mislabelled ones are torn, and told at once', () => {
    const witness = new SnapshotWitness('seqlock', 'version', journal)
    const torn = payload(4)
    torn.set(payload(6).subarray(0, 64), 128)
    witness.check(4, torn, 'read')
    expect(news).toBe(1)
    witness.check(8, payload(10), 'read')
    witness.check(12, new Uint8Array(8), 'read')
    expect(journal.report()).toMatchObject({ tornAccepted: 3 })
  })

  test('an older version is a violation', () => {
    const witness = new SnapshotWitness('seqlock', 'version', journal)
    witness.check(10, payload(10), 'read')
    witness.check(8, payload(8), 'read')
    expect(journal.report()).toMatchObject({ tornAccepted: 0 })
    expect(wrong()).toBe(1)
  })
})

describe('several writers', () => {
  test('the payload’s number may stay while the version grows', () => {
    const witness = new SnapshotWitness('locked', 'counter', journal)
    witness.check(10, payload(3), 'read')
    witness.check(12, payload(3), 'read')
    witness.check(14, payload(4), 'read')
    expect(wrong()).toBe(0)
  })

  test('two payloads of one version, or an older payload, are violations', () => {
    const witness = new SnapshotWitness('locked', 'counter', journal)
    witness.check(10, payload(3), 'read')
    witness.check(10, payload(4), 'read')
    witness.check(12, payload(2), 'read')
    expect(wrong()).toBe(2)
  })
})

test('what is told stays bounded', () => {
  for (let count = 0; count < 1000; count += 1) journal.violated('again')
  expect(wrong()).toBeLessThan(100)
})
