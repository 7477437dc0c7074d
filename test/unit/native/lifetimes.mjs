// Scenarios for events.test.ts: `node --expose-gc lifetimes.mjs NAME`. Each ends by itself with
// status 0 and "done". Plain JavaScript on the binary itself: nothing else holds its objects.
import assert from 'node:assert'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'

const binary = fileURLToPath(new URL('../../../build/Release/untorn.node', import.meta.url))
const options = {
  sendDepth: 4,
  receiveDepth: 4,
  port: 1,
  gidIndex: 0,
  timeoutExponent: 14,
  retryCount: 7,
  rnrRetryCount: 0,
}
const [READ, SEND, RECEIVE] = [1, 6, 7]

function open() {
  const addon = createRequire(import.meta.url)(process.env.UNTORN_ADDON ?? binary)
  const device = addon.openDevice('shared-memory', 'shm')
  const near = device.createQueuePair(options)
  const far = device.createQueuePair(options)
  near.connect(far.endpoint)
  far.connect(near.endpoint)
  const region = device.registerMemory({ bytes: 4096, access: 15, hugePages: false })
  const remote = device.importRegion(region.descriptor)
  return { device, near, far, region, remote }
}

function submit(queuePair, opcode, local, remote, bytes) {
  new Uint32Array(queuePair.records).set([opcode, 0, local, remote])
  new Uint32Array(queuePair.records).set([bytes], 8)
  new Int32Array(queuePair.control)[0] = 1
  assert.equal(queuePair.submit(), 0)
}

async function collect() {
  for (let round = 0; round < 10; round++) {
    globalThis.gc()
    await delay(1)
  }
}

function startWorker(scenario) {
  return new Worker(fileURLToPath(import.meta.url), { workerData: scenario })
}

/** Everything in use at once: armed, referenced, a receive posted, a completion not polled. */
function busy() {
  const world = open()
  submit(world.far, RECEIVE, world.region.handle, 0, 64)
  submit(world.near, READ, world.region.handle, world.remote, 64)
  for (const queuePair of [world.near, world.far]) {
    queuePair.onEvent(() => undefined)
    queuePair.arm()
  }
  return world
}

const scenarios = {
  'queue-pair-becomes-garbage': async () => {
    const { device } = open()
    ;(() => {
      const queuePair = device.createQueuePair(options)
      queuePair.onEvent(() => queuePair.state())
      queuePair.arm()
    })()
    assert.equal(device.accounting().queuePairs, 3)
    await collect()
    assert.equal(device.accounting().queuePairs, 0)
  },
  'region-becomes-garbage': async () => {
    const { device } = open()
    const bytes = new Uint8Array(
      device.registerMemory({ bytes: 4096, access: 1, hugePages: false }).buffer,
    )
    await collect()
    assert.equal(device.accounting().regions, 0)
    bytes.fill(7)
    assert.equal(bytes[4095], 7)
  },
  'pinned-region-outlives-its-object': async () => {
    const { device, near, far } = open()
    ;(() => {
      const landing = device.registerMemory({ bytes: 4096, access: 1, hugePages: false })
      submit(far, RECEIVE, landing.handle, 0, 64)
    })()
    await collect()
    assert.equal(device.accounting().operationsInFlight, 1)
    assert.equal(device.accounting().regions, 1)
    const source = device.registerMemory({ bytes: 64, access: 1, hugePages: false })
    submit(near, SEND, source.handle, 0, 64)
    assert.deepEqual([near.poll(), far.poll()], [1, 1])
    await collect()
    assert.equal(device.accounting().regions, 1)
    assert.equal(source.close(), true)
    assert.equal(device.accounting().regions, 0)
  },
  // Handles come round after 2^14 - 1 of them: by then a closed region may not be collected yet.
  'closed-region-has-no-say-over-its-handle': async () => {
    const { device, region } = open()
    const register = () => device.registerMemory({ bytes: 64, access: 1, hugePages: false })
    // No turn of the loop in between: finalizers wait for one.
    const handles = (() => {
      const first = register()
      first.close()
      for (let index = 1; index < 16_383; index++) register().close()
      return [first.handle, first]
    })()
    const live = register()
    assert.equal(live.handle, handles[0])
    assert.equal(handles[1].pins(), 0)
    assert.equal(handles[1].close(), true)
    assert.equal(device.accounting().regions, 2)
    handles.length = 0
    await collect()
    assert.equal(device.accounting().regions, 2)
    assert.deepEqual([live.close(), region.close()], [true, true])
  },
  'functions-outlive-everything': async () => {
    const functions = (() => {
      const { near } = open()
      return [near.submit, near.submitAndPoll, near.spin]
    })()
    await collect()
    for (const run of functions) assert.equal(run(), 73)
  },
  'referenced-keeps-the-loop': async () => {
    const { near, far, region } = open()
    submit(far, RECEIVE, region.handle, 0, 64)
    await new Promise((resolve) => {
      far.onEvent(() => {
        far.reference(false)
        resolve()
      })
      far.arm()
      far.reference(true)
      // Unreferenced: without the queue pair the process would end before it.
      setTimeout(() => submit(near, SEND, region.handle, 0, 8), 50).unref()
    })
  },
  'callback-throws': async () => {
    const { near, far, region } = open()
    submit(far, RECEIVE, region.handle, 0, 64)
    const caught = new Promise((resolve) => process.once('uncaughtException', resolve))
    far.onEvent(() => {
      // The hardest value for an addon to pass on.
      // oxlint-disable-next-line typescript/only-throw-error
      throw null
    })
    far.arm()
    submit(near, SEND, region.handle, 0, 8)
    far.reference(true)
    assert.equal(await caught, null)
    far.close()
  },
  'transferred-buffer-keeps-its-memory': async () => {
    const { device, region } = open()
    if (typeof region.buffer.transfer !== 'function') return
    new Uint8Array(region.buffer).fill(5)
    const stolen = region.buffer.transfer()
    assert.equal(region.close(), true)
    await collect()
    assert.equal(new Uint8Array(stolen)[4095], 5)
    device.close()
  },
  // Opening one for reading waits for a writer, and there will be none.
  'a-pipe-for-memory-keeps-nobody-waiting': () => {
    const { device, region } = open()
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'untorn-'))
    try {
      const pipe = path.join(folder, 'pipe')
      execFileSync('mkfifo', [pipe])
      const fd = fs.openSync(pipe, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
      const { dev, ino } = fs.fstatSync(fd)
      const descriptor = { ...region.descriptor, access: 2, fd, inode: `${dev}:${ino}` }
      assert.throws(() => device.importRegion(descriptor), { code: 'ERR_UNTORN_PEER_LOST' })
    } finally {
      fs.rmSync(folder, { recursive: true })
    }
  },
  'exit-with-everything-open': () => {
    busy()
    console.log('done')
    process.exit(0)
  },
  'wait-with-everything-open': async () => {
    busy()
    parentPort.postMessage('busy')
    await delay(60_000)
  },
  'leave-everything-open': () => void busy(),
  'worker-only': async () => {
    for (const scenario of ['leave-everything-open', 'exit-with-everything-open-quietly']) {
      const [status] = await new Promise((resolve, reject) => {
        const worker = startWorker(scenario)
        worker.once('error', reject)
        worker.once('exit', (...end) => resolve(end))
      })
      assert.equal(status, 0)
    }
  },
  'exit-with-everything-open-quietly': () => {
    busy()
    process.exit(0)
  },
  // Termination may come while the addon throws, and then nothing can be thrown any more.
  'throw-without-end': async () => {
    const { device } = open()
    parentPort.postMessage('busy')
    for (;;) {
      assert.throws(() => device.importRegion(null), { code: 'ERR_UNTORN_ARGUMENT' })
      assert.throws(() => device.importRegion({}), { code: 'ERR_UNTORN_ARGUMENT' })
    }
  },
  'worker-terminated-while-the-addon-throws': async () => {
    for (let round = 0; round < 20; round++) {
      const worker = startWorker('throw-without-end')
      await new Promise((resolve) => worker.once('message', resolve))
      await delay(round % 5)
      await worker.terminate()
    }
  },
  'worker-terminated': async () => {
    const worker = startWorker('wait-with-everything-open')
    await new Promise((resolve) => worker.once('message', resolve))
    await worker.terminate()
  },
}

await scenarios[isMainThread ? process.argv[2] : workerData]()
if (isMainThread) console.log('done')
