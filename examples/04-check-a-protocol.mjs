// A protocol of one's own, checked: a reader that looks right is torn, its author sees how, mends it,
// and sees it hold. Needs no RDMA, no shared memory and no test runner.
//   node examples/04-check-a-protocol.mjs
import { checkProtocol } from 'untorn/testing'

const layout = {
  payloadBytes: 16,
  regionBytes: 64,
  fields: { version: 0, payload: { offset: 8, lengthBytes: 16 } },
}

// The version is odd while the owner writes, and even when it has published.
function owner(memory) {
  let version = 0
  return {
    publish(payload) {
      memory.storeWord(0, version + 1)
      memory.barrier('beforePayload')
      memory.copyIn(8, payload)
      memory.barrier('beforePublish')
      version += 2
      memory.storeWord(0, version)
      memory.barrier('afterPublish')
      return version
    },
  }
}

// One READ brings version and payload; if the version is still the same, nothing was written since.
const hopeful = {
  name: 'hopeful',
  layout,
  owner,
  reader: function* (io) {
    const { version, payload } = yield* io.fields('version', 'payload')
    const again = yield* io.word('version')
    if (version % 2 === 1 || version !== again) return io.retry()
    return io.accept(payload, version)
  },
}

const caught = checkProtocol(hopeful)
console.log(caught.report)

// But within one READ the version may be sampled after the payload. So: the version before the first
// byte of the payload, and again after the last, which is what fences are for.
const mended = {
  name: 'mended',
  layout,
  owner,
  reader: function* (io) {
    const [before, payload, after] = yield* io.chain(
      io.word('version'),
      io.bytes('payload').fenced(),
      io.word('version').fenced(),
    )
    if (before % 2 === 1 || before !== after) return io.retry()
    return io.accept(payload, before)
  },
}

const passed = checkProtocol(mended)
console.log(passed.report)
process.exitCode = !caught.sound && passed.sound ? 0 : 1
