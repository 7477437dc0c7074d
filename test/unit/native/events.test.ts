// Goal: an armed queue pair wakes the loop exactly when there is something, and a queue pair that
// nobody holds any more goes. Method: real events on the loop; garbage collection in a child.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { Opcode } from '../../../src/fabric/operation-ring.ts'
import { Status } from '../../../src/fabric/status.ts'
import { codeOf, usePair } from './fixture.ts'

function nextEvent(run: (wake: () => void) => void, limitMs: number): Promise<boolean> {
  return Promise.race([
    new Promise<boolean>((resolve) => run(() => resolve(true))),
    delay(limitMs, false),
  ])
}

describe('events', () => {
  const pair = usePair()

  function send(id: number): void {
    pair().push(Opcode.Send, id)
    expect(pair().near.submitAndPoll()).toBe(Status.Success)
  }

  test('a message wakes an armed queue pair, and only once', async () => {
    const { queuePair } = pair().far
    pair().postReceive(1, 8)
    pair().postReceive(2, 8)
    let calls = 0
    const woken = nextEvent((wake) => {
      queuePair.onEvent(() => {
        calls++
        wake()
      })
      queuePair.arm()
      setImmediate(() => send(1))
    }, 2000)
    expect(await woken).toBe(true)
    expect(
      pair()
        .far.poll()
        .map(({ id }) => id),
    ).toEqual([1])
    send(2)
    await delay(20)
    expect(calls).toBe(1)
    expect(
      pair()
        .far.poll()
        .map(({ id }) => id),
    ).toEqual([2])
  })

  test('arming when something waits already wakes as well', async () => {
    const { queuePair } = pair().far
    pair().postReceive(1, 8)
    send(1)
    const woken = nextEvent((wake) => {
      queuePair.onEvent(wake)
      queuePair.arm()
    }, 2000)
    expect(await woken).toBe(true)
  })

  test('own completions wake too', async () => {
    const { queuePair } = pair().near
    pair().push(Opcode.Read, 1)
    pair().near.submit()
    const woken = nextEvent((wake) => {
      queuePair.onEvent(wake)
      queuePair.arm()
    }, 2000)
    expect(await woken).toBe(true)
    expect(pair().near.poll()).toHaveLength(1)
  })

  test('without a callback, and closed while armed', async () => {
    const { queuePair } = pair().far
    pair().postReceive(1, 8)
    queuePair.onEvent(() => expect.unreachable('the callback was taken back'))
    queuePair.arm()
    queuePair.onEvent(null)
    send(1)
    await delay(10)
    queuePair.arm()
    queuePair.close()
    await delay(10)
    expect(codeOf(() => queuePair.arm())).toBe('ERR_UNTORN_CLOSED')
  })

  test('a callback may close the device it is called by', async () => {
    const { queuePair } = pair().far
    pair().postReceive(1, 8)
    const woken = nextEvent((wake) => {
      queuePair.onEvent(() => {
        pair().device.close()
        wake()
      })
      queuePair.arm()
      setImmediate(() => send(1))
    }, 2000)
    expect(await woken).toBe(true)
    expect(queuePair.state()).toBe('closed')
  })

  test('misuse', () => {
    const { queuePair } = pair().near
    expect(codeOf(() => queuePair.onEvent(7 as never))).toBe('ERR_UNTORN_ARGUMENT')
    expect(codeOf(() => queuePair.reference(1 as never))).toBe('ERR_UNTORN_ARGUMENT')
  })
})

describe('lifetimes, in a child process', () => {
  const script = fileURLToPath(new URL('./lifetimes.mjs', import.meta.url))

  test.each([
    'queue-pair-becomes-garbage',
    'region-becomes-garbage',
    'pinned-region-outlives-its-object',
    'closed-region-has-no-say-over-its-handle',
    'functions-outlive-everything',
    'referenced-keeps-the-loop',
    'callback-throws',
    'transferred-buffer-keeps-its-memory',
    'a-pipe-for-memory-keeps-nobody-waiting',
    'exit-with-everything-open',
    'worker-only',
    'worker-terminated',
    'worker-terminated-while-the-addon-throws',
  ])('%s', (scenario) => {
    const output = execFileSync(process.execPath, ['--expose-gc', script, scenario], {
      encoding: 'utf8',
      timeout: 20_000,
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    expect(output).toBe('done\n')
  })
})
