// Goal: a simulated device refuses, executes and counts exactly what the addon does. Method: batches of
// arbitrary records, good and bad, on a pair of each; every status, control word and byte compared.
// The simulated world is benign and keeps the guarantees of shared memory, so both must agree.
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Device } from '../../../src/fabric/contract.ts'
import { openDevice } from '../../../src/fabric/index.ts'
import { Control, Opcode } from '../../../src/fabric/operation-ring.ts'
import { Status } from '../../../src/fabric/status.ts'
import { simulatedFabric } from '../../../src/simulation/device/index.ts'
import { Pair, pattern } from '../../contract/fixture.ts'

const REGION_BYTES = 8192

/** Handles by what they are of: numbers differ between the devices. */
const regions = ['local', 'remote', 'unreadable', 'closed', 'none'] as const
type Region = (typeof regions)[number]

interface Fields {
  readonly opcode: number
  readonly flags: number
  readonly local: Region
  readonly localOffset: number
  readonly remote: Region
  readonly remoteOffset: number
  readonly lengthBytes: number
  readonly compareOrAdd: bigint
  readonly swap: bigint
}

const offset = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 32 }).map((word) => 8 * word) },
  fc.nat({ max: 100 }),
  fc.constantFrom(REGION_BYTES - 8, REGION_BYTES - 4, REGION_BYTES, REGION_BYTES + 8),
  fc.constantFrom(-8, -0, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 32, 2 ** 53, 2 ** 63),
)
const mostly = <T>(usual: T, others: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(usual) }, others)

const anyRecord: fc.Arbitrary<Fields> = fc.record({
  opcode: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(1, 2, 4, 5) },
    fc.constantFrom(0, Opcode.WriteWithImmediate, Opcode.Send, Opcode.Receive, 8, 9, 0xffff_ffff),
  ),
  flags: mostly(0, fc.constantFrom(1, 2, 3, 4, 7, 8, 0xffff_ffff)),
  local: mostly<Region>('local', fc.constantFrom(...regions)),
  localOffset: offset,
  remote: mostly<Region>('remote', fc.constantFrom(...regions)),
  remoteOffset: offset,
  lengthBytes: fc.oneof(
    { weight: 8, arbitrary: fc.constant(8) },
    fc.constantFrom(0, 1, 16, 64, 300, 4096, 4097, REGION_BYTES, 0xffff_ffff),
  ),
  compareOrAdd: fc.constantFrom(0n, 1n, 0xffff_ffff_ffff_ffffn),
  swap: fc.constantFrom(5n, 2n ** 64n - 1n),
})
const longSend = fc
  .tuple(anyRecord, fc.constantFrom(4096, 4097))
  .map(([fields, lengthBytes]) => ({ ...fields, opcode: Opcode.Send, flags: 0, lengthBytes }))
const record = fc.oneof({ weight: 12, arbitrary: anyRecord }, longSend)

const sending: ReadonlySet<number> = new Set([Opcode.Write, Opcode.WriteWithImmediate, Opcode.Send])

/** Chains, or batches of receives where `receives` says so. */
const batch = fc.record({
  records: fc.array(record, { maxLength: 20 }),
  receives: mostly(false, fc.constant(true)),
})

interface Handles extends Record<Region, number> {
  readonly source: number
}

async function handlesOf(pair: Pair): Promise<Handles> {
  const { device, local, remote } = pair
  const gone = device.allocate(64)
  const closed = gone.handle
  await gone.close()
  const source = device.allocate(REGION_BYTES)
  source.bytes.set(pattern(REGION_BYTES, 5))
  const unreadable = device.importRegion(device.allocate(REGION_BYTES, {}).descriptor).handle
  return {
    local: local.handle,
    remote: remote.handle,
    unreadable,
    source: source.handle,
    closed,
    none: 0,
  }
}

function push(pair: Pair, handles: Handles, fields: Fields): void {
  const { near } = pair
  // What one operation of a chain sends and another overwrites is undefined: sources are apart.
  const sends = sending.has(fields.opcode) && fields.local === 'local'
  near.ring.push(
    fields.opcode,
    fields.flags,
    near.nextId(),
    sends ? handles.source : handles[fields.local],
    fields.localOffset,
    handles[fields.remote],
    fields.remoteOffset,
    fields.lengthBytes,
  )
  near.ring.operands(fields.compareOrAdd, fields.swap)
}

/** Everything that a caller can see of the batches' effects. */
async function observe(
  device: Device,
  batches: readonly { records: Fields[]; receives: boolean }[],
) {
  const pair = new Pair(device)
  const { near, local, owned } = pair
  const handles = await handlesOf(pair)
  local.bytes.set(pattern(REGION_BYTES, 3))
  owned.bytes.set(pattern(REGION_BYTES, 7))
  const seen: unknown[] = []
  for (const { records, receives } of batches) {
    for (const fields of records) push(pair, handles, fields)
    const { control } = near.ring
    const status = receives ? near.postReceives() : near.submitAndPoll(1_000_000)
    const rejected = control[Control.RejectedIndex]
    // What was posted without waiting: with nothing pushed, this waits for the chain posted last.
    if (receives) seen.push(near.submitAndPoll(1_000_000))
    seen.push({ status, rejected, inFlight: near.inFlight, state: near.state, pins: local.pins })
  }
  // After a failure, what should have been written is undefined.
  if (near.state === 'ready') seen.push(digestOf(local.bytes), digestOf(owned.bytes))
  await near.close()
  seen.push(local.pins, near.state, near.submitAndPoll(0))
  await device.close()
  return seen
}

/** Short, for failures to be read. */
function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

test('records are judged and executed like the addon does', async () => {
  let succeeded = 0
  const statuses = new Set<number>()
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 4 }), async (batches) => {
      const native = await observe(await openDevice('shm'), batches)
      const model = 'sharedMemory'
      const simulated = await observe(simulatedFabric({ model }).openDevice(), batches)
      expect(simulated).toEqual(native)
      for (const entry of native) {
        const { status } = entry as { status?: number }
        if (status === undefined) continue
        statuses.add(status)
        if (status === Status.Success) succeeded += 1
      }
    }),
    { numRuns: 150 },
  )
  // The batches were worth comparing.
  expect(succeeded).toBeGreaterThan(20)
  expect(statuses.size).toBeGreaterThan(6)
})
