// The torn-read bench: writers write in processes of their own, this process reads one-sided, and every
// snapshot that a protocol accepted is held against what its bytes prove. One row for each protocol,
// payload size, pace of the writers, and strategy or negative control.
//
// The rows of a report say what was seen; a clean row proves nothing about memory that was never
// sampled at the wrong moment. Hence the controls: they show that this run had such moments.
import { UntornError } from '../src/errors.ts'
import type { Device } from '../src/fabric/contract.ts'
import { connectWith } from '../src/session/connect.ts'
import { platformOf } from './protocols/bench-protocol.ts'
import { readerOpeners } from './protocols/openers.ts'
import { benchProtocol } from './protocols/protocol-table.ts'
import { deviceAddress } from './support/device-address.ts'
import { describeDevice, describeEnvironment } from './support/environment.ts'
import { OwnerProcess } from './support/owner-process.ts'
import { OwnerWriting, PeersWriting } from './support/row-writers.ts'
import { type RowPlan, regionOf } from './support/torn-plan.ts'
import { TORN_SCHEMA, type TornReport, type TornRow, refusedRow } from './support/torn-report.ts'
import { measureRow } from './support/torn-row.ts'
import { judgeTorn } from './support/torn-verdict.ts'

export interface TornBenchOptions {
  readonly device: Device
  readonly plans: readonly RowPlan[]
  /** Of each row, seconds. */
  readonly durationSeconds: number
  /** Called some twenty times a second with what is being done. */
  readonly onProgress: (progress: TornProgress) => void
}

export interface TornProgress {
  readonly row: number
  readonly rowCount: number
  readonly plan: RowPlan
  readonly reads: number
  readonly tornAccepted: number
}

/**
 * Attempts of one read before it counts as failed: with the default pauses some 25 ms, so that a
 * starved row still counts its failures in dozens.
 */
const ATTEMPTS_MAX = 100

/** Far beyond any read that is merely starved: an operation that takes as long will never end. */
const READ_TIMEOUT_MS = 2_000

/**
 * Runs the bench.
 * @throws UntornError when a process, the connection or the device fails
 */
export async function runTornBench(options: TornBenchOptions): Promise<TornReport> {
  const { device, plans, durationSeconds } = options
  const { address } = deviceAddress(device.info)
  await using owner = OwnerProcess.start()
  const { port = 0 } = await owner.ask({ command: 'listen', device: device.name, address })
  const refusals = await publishAll(owner, plans)
  const connection = { heartbeatMs: 0, timeoutMs: 30_000 }
  await using peer = await connectWith(readerOpeners, device, { host: address, port }, connection)
  const ownerWriting = new OwnerWriting(owner)
  await using peersWriting = new PeersWriting({ device: device.name, address, port })
  const rows: TornRow[] = []
  for (const plan of plans) {
    const order = regionOf(plan)
    const refusal = refusals.get(order.name)
    if (refusal !== undefined) {
      rows.push(refusedRow(plan, refusal))
      continue
    }
    const retry = { attemptsMax: ATTEMPTS_MAX, timeoutMs: READ_TIMEOUT_MS }
    const { writers } = benchProtocol(plan.protocol)
    if (writers !== null) await peersWriting.gather(writers.count)
    try {
      const reader = await peer.open(order.name, { protocol: order.protocol, order, retry })
      const row = rows.length
      rows.push(
        await measureRow(plan, durationSeconds, {
          reader,
          order,
          writers: writers === null ? ownerWriting : peersWriting,
          reconnect: () => peer.reconnect(),
          onSlice: ({ reads, tornAccepted }) =>
            options.onProgress({ row, rowCount: plans.length, plan, reads, tornAccepted }),
        }),
      )
      await reader.close()
    } catch (error) {
      rows.push(refusedRow(plan, refusalOf(error)))
    }
  }
  return {
    schema: TORN_SCHEMA,
    device: describeDevice(device),
    environment: describeEnvironment(),
    rows,
    verdict: judgeTorn(rows, platformOf(device)),
  }
}

/** Publishes every region once; returns why some were refused. */
async function publishAll(
  owner: OwnerProcess,
  plans: readonly RowPlan[],
): Promise<ReadonlyMap<string, string>> {
  const refusals = new Map<string, string>()
  const orders = new Map(plans.map((plan) => [regionOf(plan).name, regionOf(plan)]))
  for (const [name, region] of orders) {
    try {
      await owner.ask({ command: 'publish', region })
    } catch (error) {
      refusals.set(name, refusalOf(error))
    }
  }
  return refusals
}

/** The reason of a refusal; every other error goes on. */
function refusalOf(error: unknown): string {
  if (error instanceof UntornError && error.code === 'ERR_UNTORN_UNSOUND') return error.message
  throw error
}
