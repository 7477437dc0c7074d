// Goal: one cell, several processes: nothing torn, nothing reclaimed that is pinned, no update lost, and
// what a killed process held comes back at once. Method: the owner here, peers in child processes that
// are killed amid what they do; reclaimed memory is poisoned; leases are longer than the test.
import { type ChildProcess, fork } from 'node:child_process'
import { expect, onTestFinished, test } from 'vitest'
import { type RcuCellOwner, listen, openDevice, rcuCell } from '../../src/index.ts'

interface Answer {
  readonly ready?: true
  readonly begun?: true
  readonly result?: unknown
  readonly failure?: string
}

class PeerProcess {
  readonly #child: ChildProcess

  constructor(child: ChildProcess) {
    this.#child = child
  }

  static async start(port: number): Promise<PeerProcess> {
    const child = fork(new URL('rcu-cell-peer.mjs', import.meta.url), [String(port)])
    onTestFinished(() => void child.kill('SIGKILL'))
    const peer = new PeerProcess(child)
    expect(await peer.answer()).toEqual({ ready: true })
    return peer
  }

  answer(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#child.once('message', resolve)
      this.#child.once('exit', (code, signal) => reject(new Error(`ended: ${code ?? signal}`)))
    })
  }

  async ask(command: string, options: object = {}): Promise<unknown> {
    const answer = this.answer()
    this.#child.send({ command, ...options })
    const { result, failure } = await answer
    if (failure !== undefined) throw new Error(failure)
    return result
  }

  kill(): void {
    this.#child.removeAllListeners('exit')
    this.#child.kill('SIGKILL')
  }

  tell(command: string): void {
    this.#child.send({ command })
  }
}

async function start(): Promise<{ owner: RcuCellOwner; port: number }> {
  const device = await openDevice(process.env['UNTORN_DEVICE'])
  const host = await listen(device, { port: 0, host: '127.0.0.1' })
  onTestFinished(async () => {
    await host.close()
    expect(device.accounting()).toMatchObject({ regions: 0, remoteRegions: 0, queuePairs: 0 })
    await device.close()
  })
  const owner = host.publish(
    'cell',
    rcuCell({
      bytes: 256 * 1024,
      objectBytesMax: 512,
      writers: 1,
      leaseMs: 60_000,
      poison: true,
      initial: new Uint8Array(4),
    }),
  )
  return { owner, port: host.port }
}

function countOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
}

function next(bytes: Uint8Array): Uint8Array {
  const count = countOf(bytes) + 1
  const object = new Uint8Array(4 + ((count * 37) % 500)).fill(count & 255)
  new DataView(object.buffer).setUint32(0, count, true)
  return object
}

/** Updates until some work has ended, and leaves room; how often. */
async function updateDuring(owner: RcuCellOwner, work: Promise<unknown>): Promise<number> {
  let updates = 0
  const during = { busy: true }
  void work.catch(() => undefined).then(() => (during.busy = false))
  while (during.busy) {
    if (owner.statistics.heap.emptySpans > 20) {
      owner.update(next)
      updates += 1
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  return updates
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not met: ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

test('peers read, pin and update while the owner updates: whole, and every update counts', async () => {
  const { owner, port } = await start()
  const [first, second] = [await PeerProcess.start(port), await PeerProcess.start(port)]
  const work = Promise.all([first.ask('update', { times: 300 }), second.ask('read', { ms: 400 })])
  const updates = await updateDuring(owner, work)
  const [, read] = await work
  expect(read).toMatchObject({ torn: 0 })
  expect((read as { reads: number }).reads).toBeGreaterThan(100)
  const { version, bytes } = owner.load()
  expect([countOf(bytes), version]).toEqual([300 + updates, 301 + updates])
  await until(() => owner.statistics.retired === 0)
})

test('what a process pins stays until it lets go, and comes back at once when it is killed', async () => {
  const { owner, port } = await start()
  const pinner = await PeerProcess.start(port)
  for (const end of ['release', 'kill'] as const) {
    const { version } = owner.load()
    expect(await pinner.ask('pin')).toBe(version)
    const reading = pinner.ask('read', { ms: 150 })
    await updateDuring(owner, reading)
    expect(await reading).toMatchObject({ torn: 0 })
    expect(owner.statistics.retired).toBeGreaterThan(0)
    if (end === 'release') await pinner.ask('release')
    else pinner.kill()
    await until(() => owner.statistics.retired === 0)
  }
  expect(owner.statistics).toMatchObject({ expirations: 0, readers: 0 })
})

test('a writer that is killed amid its updates loses none, and its place is free again', async () => {
  const { owner, port } = await start()
  for (let round = 0; round < 2; round++) {
    const writer = await PeerProcess.start(port)
    const begun = writer.answer()
    writer.tell('updateForEver')
    await begun
    const before = owner.load().version
    await until(() => owner.load().version > before + 50)
    writer.kill()
    await until(() => owner.statistics.writers === 0)
    const { version, bytes } = owner.load()
    expect(countOf(bytes)).toBe(version - 1)
    expect(owner.update(next)).toBe(version + 1)
  }
  await until(() => owner.statistics.retired === 0)
})
