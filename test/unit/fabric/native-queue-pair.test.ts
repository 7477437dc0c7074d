// Goal: what the addon is told is what the caller asked for, and nothing that it tells is lost.
// Method: a queue pair of the addon's surface, played by the test.
import { describe, expect, test } from 'vitest'
import { NativeBackedQueuePair } from '../../../src/fabric/native-queue-pair.ts'
import { Control, Opcode } from '../../../src/fabric/operation-ring.ts'
import { Status } from '../../../src/fabric/status.ts'
import type { NativeQueuePair } from '../../../src/native/binding.ts'

/** What the addon reads as its budget, a signed word, when the caller gives `budgetUs`. */
function budgetSeen(budgetUs: number): number {
  const control = new ArrayBuffer(64)
  const seen: number[] = []
  const submitAndPoll = (): number => {
    seen.push(new Int32Array(control)[Control.BudgetUs] as number)
    return 0
  }
  const native = {
    control,
    records: new ArrayBuffer(4 * 64),
    completions: new ArrayBuffer(4 * 32),
    submitAndPoll,
    onEvent: () => undefined,
  } as unknown as NativeQueuePair
  const queuePair = new NativeBackedQueuePair(native, 0, () => undefined)
  queuePair.ring.push(1, 0, queuePair.nextId(), 1, 0, 1, 0, 8)
  queuePair.submitAndPoll(budgetUs)
  return seen[0] as number
}

describe('the budget of a spin', () => {
  test.each([0, 1, 10_000_000, 2 ** 31 - 1])('%d µs', (budgetUs) => {
    expect(budgetSeen(budgetUs)).toBe(budgetUs)
  })

  test.each([2 ** 31, 3e9, 2 ** 32, 1e12, Infinity])('%d µs is as long as can be', (budgetUs) => {
    expect(budgetSeen(budgetUs)).toBe(2 ** 31 - 1)
  })
})

// Hardware may flush later than `fail` returns: then only destroying the queue pair tells.
test('what completes while closing reaches its receiver', async () => {
  const control = new ArrayBuffer(64)
  const completions = new ArrayBuffer(4 * 32)
  const native = {
    control,
    completions,
    records: new ArrayBuffer(4 * 64),
    poll: () => 0,
    arm: () => undefined,
    reference: () => undefined,
    fail: () => undefined,
    quiet: () => true,
    onEvent: () => undefined,
    submitAndPoll: () => Status.Closed,
    close: () => {
      new Uint32Array(completions).set([7, Status.Flushed, Opcode.Receive])
      new Int32Array(control)[Control.ReapedCount] = 1
    },
  } as unknown as NativeQueuePair
  const queuePair = new NativeBackedQueuePair(native, 0, () => undefined)
  const ends: [number, number][] = []
  queuePair.onReceive = (end) => ends.push([end.id, end.status])
  await queuePair.close()
  await queuePair.close()
  expect(queuePair.submitAndPoll(0)).toBe(Status.Closed)
  await Promise.resolve()
  expect(ends).toEqual([[7, Status.Flushed]])
})

describe('a peer that is amid an operation', () => {
  function closing(looksUntilQuiet: number): { queuePair: NativeBackedQueuePair; ends: string[] } {
    const ends: string[] = []
    let looks = 0
    const native = {
      control: new ArrayBuffer(64),
      completions: new ArrayBuffer(4 * 32),
      records: new ArrayBuffer(4 * 64),
      poll: () => 0,
      arm: () => undefined,
      reference: () => undefined,
      fail: () => undefined,
      quiet: () => ++looks > looksUntilQuiet,
      state: () => 'error',
      onEvent: () => undefined,
      close: () => ends.push('destroyed'),
    } as unknown as NativeQueuePair
    return { queuePair: new NativeBackedQueuePair(native, 0, () => ends.push('told')), ends }
  }

  test('is waited for, and the queue pair destroyed once', async () => {
    const { queuePair, ends } = closing(3)
    const first = queuePair.close()
    expect([queuePair.state, ends]).toEqual(['error', []])
    await Promise.all([first, queuePair.close()])
    await queuePair.close()
    expect([queuePair.state, ends]).toEqual(['closed', ['destroyed', 'told']])
  })

  test('and does not end it: busy, and may be asked again', async () => {
    const { queuePair, ends } = closing(40)
    await expect(queuePair.close({ timeoutMs: 5 })).rejects.toMatchObject({
      code: 'ERR_UNTORN_BUSY',
    })
    expect([queuePair.state, ends]).toEqual(['error', []])
    await queuePair.close()
    expect(queuePair.state).toBe('closed')
  })
})
