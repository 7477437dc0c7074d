// Reads of an RCU cell without a guard and under one, taking guards, and publications: the owner's, by
// stores of its own, and a remote writer's.
import { rcuCell } from '../../src/regions/cell/rcu-cell.ts'
import { pad8 } from '../../src/protocols/seqlock/layout.ts'
import { listen } from '../../src/session/index.ts'
import {
  type MakeSubjects,
  READ_TIMEOUT_MS,
  type Subject,
  type SubjectContext,
  type SubjectGroup,
  WORD_BYTES,
  expectUnchanged,
  latencyOrder,
} from './subject.ts'

const protocol = 'rcu-cell'
const OBJECT_HEADER_BYTES = 24
/** Objects that a heap has room for. */
const OBJECTS = 64

export const cellSubjects: MakeSubjects = async (context, payloadBytes, smallest) => {
  const objectBytes = OBJECT_HEADER_BYTES + pad8(payloadBytes)
  const group = (baselineBytes: number, subjects: readonly Subject[]): SubjectGroup => ({
    protocol,
    baselineBytes,
    subjects,
  })
  const groups = [
    group(objectBytes, await validatedReads(context, payloadBytes, objectBytes + WORD_BYTES)),
    group(objectBytes, await guardedReads(context, payloadBytes, objectBytes)),
    group(objectBytes, await publications(context, payloadBytes, objectBytes)),
  ]
  if (smallest) groups.push(group(WORD_BYTES, await checks(context, payloadBytes)))
  return groups
}

async function validatedReads(
  { peer, publish }: SubjectContext,
  payloadBytes: number,
  fetchedBytes: number,
): Promise<readonly Subject[]> {
  const order = latencyOrder(protocol, 'validated', payloadBytes)
  await publish(order)
  const reader = await peer.open(order.name, { protocol, timeoutMs: READ_TIMEOUT_MS })
  const target = new Uint8Array(payloadBytes)
  const common = { strategy: 'validated', payloadBytes, fetchedBytes }
  return [
    { ...common, operation: 'readSync', call: () => void reader.readSync() },
    { ...common, operation: 'readIntoSync', call: () => void reader.readIntoSync(target) },
    { ...common, operation: 'borrowSync', call: () => void reader.borrowSync() },
    { ...common, operation: 'read', call: () => reader.read() },
  ]
}

async function guardedReads(
  { peer, publish }: SubjectContext,
  payloadBytes: number,
  objectBytes: number,
): Promise<readonly Subject[]> {
  const order = latencyOrder(protocol, 'pinned', payloadBytes)
  await publish(order)
  const options = { protocol, timeoutMs: READ_TIMEOUT_MS } as const
  const reader = await peer.open(order.name, options)
  // Its pin stands, and is renewed by a timer: what guards cost a reader that pins often.
  const online = await peer.open(order.name, options)
  await online.online()
  const common = { payloadBytes, strategy: 'pinned' }
  const pinBytes = WORD_BYTES + OBJECT_HEADER_BYTES
  const underGuard = async (handle: typeof reader): Promise<void> => {
    using guard = await handle.pin()
    await guard.current().read()
  }
  return [
    {
      ...common,
      operation: 'pin, release',
      fetchedBytes: pinBytes,
      call: async () => (await reader.pin()).release(),
    },
    {
      ...common,
      operation: 'pin, read, release',
      fetchedBytes: pinBytes + payloadBytes,
      call: () => underGuard(reader),
    },
    {
      ...common,
      strategy: 'online',
      operation: 'pin, read, release',
      fetchedBytes: pinBytes + payloadBytes,
      call: () => underGuard(online),
    },
    {
      ...common,
      strategy: 'online',
      operation: 'pin, load, release',
      fetchedBytes: pinBytes + WORD_BYTES + objectBytes,
      call: async () => {
        using guard = await online.pin()
        await guard.load()
      },
    },
  ]
}

async function publications(
  { peer, publish, device, onEnd }: SubjectContext,
  payloadBytes: number,
  objectBytes: number,
): Promise<readonly Subject[]> {
  const order = latencyOrder(protocol, 'written', payloadBytes)
  await publish(order)
  const writer = await peer.open(order.name, { protocol, timeoutMs: READ_TIMEOUT_MS })
  const bytes = new Uint8Array(payloadBytes)
  const common = { strategy: 'written', payloadBytes }
  // An owner in this very process: its stores cross no process boundary anyway.
  const host = await listen(device, { host: '127.0.0.1', port: 0 })
  onEnd(() => host.close())
  const room = { bytes: OBJECTS * 2 * (objectBytes + 64), objectBytesMax: payloadBytes }
  const owner = host.publish(order.name, rcuCell(room))
  return [
    { ...common, operation: 'owner store', fetchedBytes: 0, call: () => void owner.store(bytes) },
    {
      ...common,
      operation: 'remote update',
      fetchedBytes: objectBytes + WORD_BYTES,
      call: () => writer.update(() => bytes),
    },
  ]
}

async function checks(
  { peer, publish }: SubjectContext,
  payloadBytes: number,
): Promise<readonly Subject[]> {
  const order = latencyOrder(protocol, 'validated', payloadBytes)
  await publish(order)
  const checker = await peer.open(order.name, { protocol, timeoutMs: READ_TIMEOUT_MS })
  const { version } = checker.readSync()
  return [
    {
      strategy: 'validated',
      operation: 'readIfChangedSync',
      payloadBytes,
      fetchedBytes: WORD_BYTES,
      call: () => expectUnchanged(checker.readIfChangedSync(version)),
    },
  ]
}
