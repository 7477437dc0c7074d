// Goal: machines that change remote memory reach it through the window that has their bytes, and every
// end of a chain is an outcome. Method: a machine that says what it is told to, on simulated devices.
import { expect, onTestFinished, test } from 'vitest'
import type { MemoryRegion } from '../../../src/fabric/contract.ts'
import { Status } from '../../../src/fabric/status.ts'
import {
  Evidence,
  type RemoteMachine,
  type RemoteSink,
  Verdict,
  type VerdictCode,
} from '../../../src/protocols/machine.ts'
import {
  attemptRemote,
  attemptRemoteSync,
  mayHaveHappened,
} from '../../../src/regions/drivers/remote.ts'
import { WindowSink, type WindowTarget } from '../../../src/regions/window-sink.ts'
import { openHosts } from '../simulation/device/fixture.ts'

const ROW = 64
const WORD = 128

/** Runs a script: one function for each chain, then a verdict. */
class Script implements RemoteMachine {
  readonly landingBytes = 64
  readonly evidence = Evidence.None
  readonly version = 0
  readonly #chains: readonly ((sink: RemoteSink) => void)[]
  #next = 0

  constructor(...chains: ((sink: RemoteSink) => void)[]) {
    this.#chains = chains
  }

  bind(): void {}

  begin(sink: RemoteSink): void {
    this.#next = 0
    this.resume(sink)
  }

  resume(sink: RemoteSink): VerdictCode {
    const chain = this.#chains[this.#next]
    this.#next += 1
    if (chain === undefined) return Verdict.Done
    chain(sink)
    return Verdict.More
  }
}

async function start() {
  const { near, far, nearPair, faults } = openHosts()
  const region = far.allocate(256, { remoteRead: true })
  const rows = region.window(ROW, 64, { remoteWrite: true })
  const words = region.window(WORD, 64, { remoteRead: true, remoteAtomic: true })
  const landing = near.allocate(256)
  const target: WindowTarget = {
    queuePair: nearPair,
    remoteHandle: near.importRegion(region.descriptor).handle,
    windows: [
      { offset: ROW, lengthBytes: 64, handle: near.importRegion(rows.descriptor).handle },
      { offset: WORD, lengthBytes: 64, handle: near.importRegion(words.descriptor).handle },
    ],
  }
  onTestFinished(async () => {
    await near.close()
    await far.close()
  })
  const sink = new WindowSink(target, landing.handle, 64)
  return { region, landing, sink, queuePair: nearPair, faults }
}

function wordOf(memory: MemoryRegion, offset: number): bigint {
  return new DataView(memory.bytes.buffer, memory.bytes.byteOffset).getBigUint64(offset, true)
}

test('WRITEs, swaps and READs go through the windows that have them, at the region’s offsets', async () => {
  const { region, landing, sink, queuePair } = await start()
  landing.bytes.fill(5, 64, 72)
  const machine = new Script(
    (out) => {
      out.write(0, ROW + 8, 8, false)
      out.compareAndSwap(8, WORD, 0n, 9n, false)
    },
    (out) => out.compareAndSwap(16, WORD, 0n, 10n, true),
    (out) => out.read(24, WORD, 8, true),
  )
  expect(await attemptRemote(machine, sink, queuePair)).toBe(Verdict.Done)
  expect(region.slice(ROW, 24).join()).toBe(
    [...Array(8).fill(0), ...Array(8).fill(5), ...Array(8).fill(0)].join(),
  )
  expect([8, 16, 24].map((offset) => wordOf(landing, 64 + offset))).toEqual([0n, 9n, 9n])
  expect(attemptRemoteSync(machine, sink, queuePair, 1_000_000)).toBe(Verdict.Done)
})

test('what no window has goes to the region, which refuses it before anything is posted', async () => {
  const { sink, queuePair } = await start()
  const outside = [
    new Script((out) => out.write(0, 0, 8, false)),
    new Script((out) => out.write(0, ROW + 60, 8, false)),
    new Script((out) => out.compareAndSwap(0, ROW - 8, 0n, 1n, false)),
  ]
  for (const machine of outside) {
    const outcome = await attemptRemote(machine, sink, queuePair)
    expect([outcome, mayHaveHappened(outcome)]).toEqual([-Status.AccessDenied, false])
  }
})

test('a chain that fails ends the attempt with its status', async () => {
  const { sink, queuePair } = await start()
  const machine = new Script((out) => out.write(0, ROW, 8, false))
  queuePair.fail()
  const outcome = await attemptRemote(machine, sink, queuePair)
  expect(outcome).toBeLessThan(0)
  expect(attemptRemoteSync(machine, sink, queuePair, 1000)).toBe(outcome)
})

test('statuses of chains that were posted leave the outcome unknown', () => {
  const unknown = [Status.RetryExceeded, Status.Flushed, Status.Pending, Status.PostFailed]
  const known = [Status.SendQueueFull, Status.AccessDenied, Status.NotConnected, Status.Closed]
  expect(unknown.map((status) => mayHaveHappened(-status))).toEqual(unknown.map(() => true))
  expect(known.map((status) => mayHaveHappened(-status))).toEqual(known.map(() => false))
})

test('a machine that never ends is stopped', async () => {
  const { sink, queuePair } = await start()
  const chain = (out: RemoteSink): void => out.read(0, 0, 8, false)
  const machine = new Script(...Array<typeof chain>(9).fill(chain))
  expect(() => attemptRemoteSync(machine, sink, queuePair, 1_000_000)).toThrow('more than 8')
  await expect((async () => await attemptRemote(machine, sink, queuePair))()).rejects.toThrow()
})
