// Goal: a host and its peer run on simulated devices as on real ones: the same session, handles and
// drivers, and never torn bytes, under benign and random schedules. Method: both in one process on one
// fabric, control connection on loopback, the addon out of reach; payloads prove their version, and a
// naive reader of the same region shows that torn bytes were there to be returned.
import { expect, onTestFinished, test, vi } from 'vitest'
import { type Device, type Host, type Peer, UntornError, connect, listen } from '../../src/index.ts'
import { type SeqlockOwner, type Strategy, seqlock } from '../../src/index.ts'
import { Verdict } from '../../src/protocols/machine.ts'
import { negativeControls } from '../../src/protocols/seqlock/index.ts'
import { preparedKernels } from '../../src/regions/kernels.ts'
import { soundStrategies } from '../../src/regions/chooser.ts'
import { MachineRunner } from '../../src/regions/machine-runner.ts'
import { type SimulatedFabric, simulatedFabric } from '../../src/simulation/device/index.ts'
import type { OracleChoice } from '../../src/simulation/device/index.ts'
import type { Program } from '../../src/simulation/program.ts'
import type { SamplingPreset } from '../../src/simulation/sampling-model.ts'

vi.mock('../../src/native/load.ts', () => ({
  native: () => {
    throw new Error('a simulated device needs no addon')
  },
}))

const seed = Number(process.env['UNTORN_SEED'] ?? 1)
const BYTES = 96

interface Session {
  readonly fabric: SimulatedFabric
  readonly hostDevice: Device
  readonly peerDevice: Device
  readonly host: Host
  readonly peer: Peer
  readonly owner: SeqlockOwner
}

/** Version v is payload v/2: a word of it tells which, and where it stands. */
function payloadOf(version: number): Uint8Array {
  const payload = new Uint8Array(BYTES)
  const words = new Uint32Array(payload.buffer)
  words.forEach((_, index) => (words[index] = Math.imul(version + 1, 0x9e37_79b1) + index))
  return payload
}

async function start(
  model: SamplingPreset,
  oracle: OracleChoice | undefined,
  strategy?: Strategy,
): Promise<Session> {
  const fabric = simulatedFabric(oracle === undefined ? { model } : { model, oracle })
  const hostDevice = fabric.openDevice('host')
  const peerDevice = fabric.openDevice('peer')
  const host = await listen(hostDevice, { port: 0 })
  const options = strategy === undefined ? {} : { strategy }
  const owner = host.publish('quotes', seqlock({ bytes: BYTES, initial: payloadOf(2), ...options }))
  const peer = await connect(peerDevice, { host: '127.0.0.1', port: host.port })
  onTestFinished(async () => {
    await peer.close()
    await host.close()
    for (const device of [hostDevice, peerDevice]) {
      expect(device.accounting()).toMatchObject({ regions: 0, remoteRegions: 0, queuePairs: 0 })
      await device.close()
    }
  })
  return { fabric, hostDevice, peerDevice, host, peer, owner }
}

/** An owner that publishes the next version whenever the schedule lets it, so many times. */
class Writer implements Program {
  readonly name = 'writer'
  left: number
  readonly #session: Session

  constructor(session: Session, writes: number) {
    this.#session = session
    this.left = writes
  }

  ready(): boolean {
    return this.left > 0 && this.#session.fabric.drained(this.#session.hostDevice)
  }

  act(): void {
    this.left -= 1
    const { owner } = this.#session
    owner.write(payloadOf(owner.version + 2))
  }

  mix(): void {}
}

const schedules: [string, OracleChoice | undefined][] = [
  ['benign', undefined],
  ['random', seed],
  ['random', seed + 1],
]
const models: SamplingPreset[] = ['sharedMemory', 'rxe', 'nicX86', 'minimal', 'bytes']
const worlds = models.flatMap((model) =>
  schedules.map(([name, oracle]) => [model, name, oracle] as const),
)

test.each(worlds)('%s, %s schedule %s: every kind of read', async (model, _, oracle) => {
  const session = await start(model, oracle)
  const { fabric, owner, peer } = session
  const reader = await peer.open('quotes', { bytes: BYTES })
  expect(await reader.read()).toEqual({ version: 2, bytes: payloadOf(2) })
  const version = owner.write(payloadOf(4))
  fabric.settle()
  expect(reader.readSync()).toEqual({ version, bytes: payloadOf(4) })
  expect(await reader.readIfChanged(version)).toBeUndefined()
  expect((await reader.readIfChanged(2))?.bytes).toEqual(payloadOf(4))
  await owner.close()
  const failure = await reader.read().catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(UntornError)
})

const races = worlds.flatMap(([model, name, oracle]) =>
  soundStrategies('seqlock', simulatedFabric({ model }).openDevice(), BYTES).map(
    (strategy) => [model, strategy, name, oracle] as const,
  ),
)

test.each(races)(
  '%s, %s, %s schedule %s: writes race reads',
  async (model, strategy, _, oracle) => {
    const session = await start(model, oracle, strategy)
    const { fabric, hostDevice, owner, peer } = session
    const reader = await peer.open('quotes', { attemptsMax: 100_000, backOff: { maxUs: 1 } })
    const writer = new Writer(session, 60)
    fabric.addProgram(writer)
    let last = 0
    for (let round = 0; writer.left > 0 || last < owner.version; round += 1) {
      // Not older than what was read before, nor than what is visible already.
      const oldest = fabric.drained(hostDevice) ? owner.version : last
      const { version, bytes } = round % 3 === 0 ? await reader.read() : reader.readSync()
      expect(bytes).toEqual(payloadOf(version))
      expect(version).toBeGreaterThanOrEqual(oldest)
      last = version
      // A benign schedule leaves the writer alone while readers read.
      fabric.settle(writer.left > 0 ? 25 : undefined)
    }
    expect(writer.left).toBe(0)
  },
)

test.each(models)('%s: a naive reader of the same region returns torn bytes', async (model) => {
  let torn = 0
  let retries = 0
  for (let run = 0; run < 5; run += 1) {
    const session = await start(model, seed + 100 * run, model === 'bytes' ? 'hash' : 'fenced')
    const { host, peer, peerDevice, owner, fabric } = session
    const sound = await peer.open('quotes', { attemptsMax: 100_000, backOff: { maxUs: 1 } })
    const [entry] = peer.regions()
    if (entry === undefined) throw new Error('nothing was published')
    const shape = {
      payloadBytes: BYTES,
      generation: entry.generation,
      hashKey: BigInt(`0x${entry.hashKey}`),
    }
    const kernels = preparedKernels(peerDevice)
    const machine = negativeControls.naive.createReader(shape, kernels)
    // A queue pair of its own: that of the session belongs to the session.
    const queuePair = peerDevice.createQueuePair()
    const far = host.device.createQueuePair()
    queuePair.connect(far.endpoint)
    far.connect(queuePair.endpoint)
    const remote = peerDevice.importRegion(entry.region)
    const runner = new MachineRunner(
      { device: peerDevice, queuePair, remoteHandle: remote.handle },
      machine,
      BYTES,
    )
    const writer = new Writer(session, 40)
    fabric.addProgram(writer)
    for (let read = 0; read < 200 && writer.left > 0; read += 1) {
      if (runner.run() !== Verdict.Done) continue
      const whole = isWhole(runner.bytes, owner.version)
      if (!whole) torn += 1
      const { version, bytes } = sound.readSync()
      expect(bytes).toEqual(payloadOf(version))
    }
    retries += sound.statistics.attempts - sound.statistics.reads
    await queuePair.close()
    await far.close()
    await runner.close()
    expect(remote.close()).toBe(true)
  }
  expect(torn).toBeGreaterThan(0)
  expect(retries).toBeGreaterThan(0)
})

function isWhole(bytes: Uint8Array, versionMax: number): boolean {
  for (let version = 2; version <= versionMax; version += 2) {
    if (Buffer.compare(bytes, payloadOf(version)) === 0) return true
  }
  return false
}

test('a queue pair that breaks is replaced; its readers go on', async () => {
  const { fabric, host, peer, peerDevice, owner } = await start('rxe', seed)
  const reader = await peer.open('quotes')
  await reader.read()
  for (let round = 1; round <= 3; round += 1) {
    fabric.queuePairs(peerDevice)[0]?.break()
    expect(await codeOf(() => reader.read())).toBe('ERR_UNTORN_REMOTE')
    const version = owner.write(payloadOf(owner.version + 2))
    fabric.settle()
    // Awaits the new queue pair.
    expect(await reader.read()).toEqual({ version, bytes: payloadOf(version) })
    expect(host.statistics.renewals).toBe(round)
  }
})

test('a host that crashes under its readers: codes, and never bytes', async () => {
  const { fabric, hostDevice, host, peer, owner } = await start('minimal', seed)
  const reader = await peer.open('quotes')
  const version = owner.write(payloadOf(4))
  expect((await reader.read()).version).toBeLessThanOrEqual(version)
  fabric.crash(hostDevice)
  for (let round = 0; round < 5; round += 1) {
    expect(['ERR_UNTORN_REMOTE', 'ERR_UNTORN_PEER_LOST', 'ERR_UNTORN_NOT_CONNECTED']).toContain(
      await codeOf(() => (round % 2 === 0 ? reader.read() : reader.readSync())),
    )
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  expect(host.statistics.renewals).toBe(0)
})

async function codeOf(work: () => unknown): Promise<unknown> {
  try {
    await work()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return 'no error'
}
