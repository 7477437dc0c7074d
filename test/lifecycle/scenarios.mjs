// Ways in which a process that uses the addon can end. Run as `node scenarios.mjs NAME`; plain
// JavaScript against the built package, so that every Node version can run it. A scenario passes
// when the process ends with status 0, without a signal, and printed "done" where it says so.
import { fileURLToPath } from 'node:url'
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import { setTimeout as delay } from 'node:timers/promises'

const entry = new URL('../../dist/src/fabric/index.js', import.meta.url).href
const simulation = new URL('../../dist/src/simulation/device/index.js', import.meta.url).href
const deviceName = process.env.UNTORN_DEVICE ?? 'shm'

/** A device with two connected queue pairs, regions, posted receives and reads under way. */
async function busyDevice() {
  const { openDevice, Opcode } = await import(entry)
  const device = await openDevice(deviceName)
  const near = device.createQueuePair({ spinUs: 0 })
  const far = device.createQueuePair()
  near.connect(far.endpoint)
  far.connect(near.endpoint)
  const local = device.allocate(1 << 16)
  const owned = device.allocate(1 << 16, { remoteRead: true })
  const remote = device.importRegion(owned.descriptor)
  const read = () => {
    near.ring.push(Opcode.Read, 0, near.nextId(), local.handle, 0, remote.handle, 0, 1 << 16)
    return near.submit()
  }
  far.ring.push(Opcode.Receive, 0, 1, local.handle, 0, 0, 0, 64)
  far.postReceives()
  far.onReceive = () => undefined
  return { device, near, far, local, owned, read }
}

function runWorker(scenario) {
  return new Worker(fileURLToPath(import.meta.url), { workerData: { scenario } })
}

async function workerEnds(scenario) {
  const worker = runWorker(scenario)
  const status = await new Promise((resolve) => worker.once('exit', resolve))
  if (status !== 0) throw new Error(`worker ended with ${status}`)
}

async function workerTerminated() {
  const worker = runWorker('leave-pending-and-wait')
  await new Promise((resolve) => worker.once('message', resolve))
  await worker.terminate()
}

const scenarios = {
  'natural-exit-closed': async () => {
    const { device, read } = await busyDevice()
    await read()
    await device.close()
  },
  'natural-exit-open': async () => {
    const { read } = await busyDevice()
    await read()
  },
  'natural-exit-pending': async () => {
    const { read } = await busyDevice()
    void read()
  },
  'process-exit-pending': async () => {
    const { read } = await busyDevice()
    void read()
    console.log('done')
    process.exit(0)
  },
  'leave-pending-and-wait': async () => {
    const { read } = await busyDevice()
    void read()
    parentPort?.postMessage('ready')
    await delay(60_000)
  },
  'worker-exit-only-worker-loads': () => workerEnds('natural-exit-open'),
  'worker-exit-main-loaded': async () => {
    await busyDevice()
    await workerEnds('natural-exit-open')
  },
  'worker-process-exit': () => workerEnds('process-exit-pending'),
  'worker-terminate-only-worker-loads': workerTerminated,
  'worker-terminate-main-loaded': async () => {
    await busyDevice()
    await workerTerminated()
  },
  'many-workers-in-turn': async () => {
    for (let round = 0; round < 5; round++) await workerEnds('natural-exit-open')
    await Promise.all([1, 2, 3].map(() => workerEnds('natural-exit-pending')))
  },
  'garbage-in-flight': async () => {
    for (let round = 0; round < 20; round++) {
      const { read } = await busyDevice()
      void read()
      await delay(1)
      globalThis.gc()
    }
    await delay(10)
    globalThis.gc()
  },
  'close-with-pending': async () => {
    const { device, read } = await busyDevice()
    const ends = Array.from({ length: 16 }, () => read())
    await device.close()
    const statuses = await Promise.all(ends)
    if (!statuses.every((status) => status === 0 || status === 5)) throw new Error(`${statuses}`)
  },
  'leak-warns': async () => {
    const { openDevice } = await import(entry)
    const device = await openDevice(deviceName)
    const warned = new Promise((resolve) => process.once('warning', resolve))
    ;(() => void device.allocate(4096))()
    for (let round = 0; round < 50; round++) {
      await delay(2)
      globalThis.gc()
    }
    const warning = await Promise.race([warned, delay(5000, undefined, { ref: false })])
    if (warning?.code !== 'UNTORN_REGION_LEAKED') throw new Error(`no warning: ${warning}`)
    await device.close()
  },
  'view-keeps-region': async () => {
    const { openDevice } = await import(entry)
    const device = await openDevice(deviceName)
    process.once('warning', (warning) => {
      throw warning
    })
    const bytes = (() => device.allocate(4096).bytes)()
    for (let round = 0; round < 20; round++) {
      await delay(1)
      globalThis.gc()
    }
    bytes.fill(7)
    if (device.accounting().regions !== 1) throw new Error('the region was deregistered')
    await device.close()
  },
  // A chain in flight keeps the process alive, a receive that nobody sends for does not.
  'simulated-waits-then-ends': async () => {
    const { simulatedFabric } = await import(simulation)
    const { Opcode } = await import(entry)
    const fabric = simulatedFabric()
    const device = fabric.openDevice()
    const near = device.createQueuePair({ spinUs: 0 })
    const far = device.createQueuePair()
    near.connect(far.endpoint)
    far.connect(near.endpoint)
    far.onReceive = () => undefined
    const local = device.allocate(64)
    const remote = device.importRegion(device.allocate(64, { remoteRead: true }).descriptor)
    near.ring.push(Opcode.Read, 0, near.nextId(), local.handle, 0, remote.handle, 0, 64)
    fabric.faults(near).holdCompletions()
    setTimeout(() => fabric.faults(near).releaseCompletions(), 50).unref()
    const status = await near.submit()
    if (status !== 0) throw new Error(`the READ ended with ${status}`)
  },
}

const name = isMainThread ? process.argv[2] : workerData.scenario
await scenarios[name]()
if (isMainThread) console.log('done')

export const names = Object.keys(scenarios)
