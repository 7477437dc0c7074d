// Goal: an owner's watchers are told of publications, one notice at a time, one more owed; nobody is told
// after the end; claims of other kinds go where they belong. Method: holders whose notices the test takes.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { claimTable } from '../../../src/regions/claim-table.ts'
import type { ClaimHandler, ClaimHolder, ClaimKind } from '../../../src/regions/contract.ts'
import { Watchers } from '../../../src/regions/watch/watchers.ts'
import { codeOf } from './fixture.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

class Holder implements ClaimHolder {
  readonly peer = 'test'
  readonly id: number
  readonly kind: ClaimKind
  /** A notice is on its way. */
  busy = false
  told = 0
  asked = 0

  constructor(id: number, kind: ClaimKind = 'watch') {
    this.id = id
    this.kind = kind
  }

  evict(): Promise<void> {
    return Promise.resolve()
  }

  notify(): boolean {
    this.asked += 1
    if (this.busy) return false
    this.busy = true
    this.told += 1
    return true
  }
}

test('each is told, one notice at a time, and owed one more', async () => {
  const watchers = new Watchers()
  watchers.published()
  const [slow, quick] = [new Holder(1), new Holder(2)]
  for (const holder of [slow, quick]) {
    expect(watchers.claim(holder)).toEqual({ windows: [], parameters: {} })
  }
  expect(watchers.count).toBe(2)
  watchers.published()
  quick.busy = false
  for (let count = 0; count < 100; count += 1) watchers.published()
  expect([slow.told, quick.told]).toEqual([1, 2])
  // While one is owed, publishing does not even try.
  expect(slow.asked).toBe(2)
  quick.busy = false
  await vi.advanceTimersByTimeAsync(1)
  expect([slow.told, quick.told]).toEqual([1, 3])
  slow.busy = false
  await vi.advanceTimersByTimeAsync(64)
  expect([slow.told, quick.told]).toEqual([2, 3])
})

test('a watcher that takes nothing is tried less and less often', async () => {
  const watchers = new Watchers()
  const holder = new Holder(1)
  watchers.claim(holder)
  holder.busy = true
  watchers.published()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(holder.asked).toBeLessThan(200)
  watchers.ended(holder)
  expect(watchers.count).toBe(0)
})

test('nobody is told after the end', async () => {
  const watchers = new Watchers()
  const [gone, open] = [new Holder(1), new Holder(2)]
  for (const holder of [gone, open]) {
    watchers.claim(holder)
    holder.busy = true
  }
  watchers.published()
  watchers.ended(gone)
  gone.busy = false
  await vi.advanceTimersByTimeAsync(10)
  watchers.close()
  open.busy = false
  watchers.published()
  await vi.advanceTimersByTimeAsync(1000)
  expect([gone.told, open.told]).toEqual([0, 0])
})

test('claims go to the handler of their kind; others are denied', async () => {
  const heard: string[] = []
  const handler = (name: string): ClaimHandler => ({
    claim: ({ id }) => {
      heard.push(`${name} claimed ${id}`)
      return { windows: [], parameters: { row: id } }
    },
    ended: ({ id }) => void heard.push(`${name} ended ${id}`),
  })
  const table = claimTable({ pin: handler('pin'), watch: handler('watch') })
  const holder = new Holder(1, 'pin')
  expect(table.claim(holder)).toEqual({ windows: [], parameters: { row: 1 } })
  table.ended(holder)
  table.claim(new Holder(2))
  expect(heard).toEqual(['pin claimed 1', 'pin ended 1', 'watch claimed 2'])
  expect(await codeOf(() => table.claim(new Holder(3, 'lock')))).toBe('ERR_UNTORN_DENIED')
  expect(await codeOf(() => table.claim(new Holder(4, 'write')))).toBe('ERR_UNTORN_DENIED')
})
