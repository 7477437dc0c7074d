// The latency bench: medians and tails of calls on regions of an idle owner, beside a baseline that
// fetches the same bytes without JavaScript.
import { UntornError } from '../src/errors.ts'
import type { Device } from '../src/fabric/contract.ts'
import type { ProtocolName } from '../src/regions/contract.ts'
import { type Peer, connect } from '../src/session/index.ts'
import { cellSubjects } from './latency/cell-subjects.ts'
import { lockedSubjects } from './latency/locked-subjects.ts'
import { measureGroup } from './latency/measure.ts'
import { seqlockSubjects } from './latency/seqlock-subjects.ts'
import { slotsSubjects } from './latency/slots-subjects.ts'
import type { MakeSubjects, SubjectGroup } from './latency/subject.ts'
import type { RegionOrder } from './protocols/bench-protocol.ts'
import { chooseBaseline } from './support/baseline.ts'
import { RECONNECTS_MAX, breaksConnection } from './support/broken-connection.ts'
import { deviceAddress } from './support/device-address.ts'
import { describeDevice, describeEnvironment } from './support/environment.ts'
import { LATENCY_SCHEMA, type LatencyReport, type LatencyRow } from './support/latency-report.ts'
import { OwnerProcess } from './support/owner-process.ts'

export interface LatencyBenchOptions {
  readonly device: Device
  /** Empty: all. */
  readonly protocols: readonly ProtocolName[]
  readonly payloadSizes: readonly number[]
  /** Samples of each row, at most. */
  readonly iterations: number
  readonly onProgress: (text: string) => void
}

const ANNOUNCEMENT_MS_MAX = 10_000

const subjectsOf: Readonly<Record<ProtocolName, MakeSubjects>> = {
  seqlock: seqlockSubjects,
  'versioned-slots': slotsSubjects,
  'rcu-cell': cellSubjects,
  locked: lockedSubjects,
}

/** Protocols whose latency can be measured. */
export const latencyProtocols: readonly ProtocolName[] = Object.keys(subjectsOf) as ProtocolName[]

/**
 * Runs the bench.
 * @throws UntornError when a process, the connection or the device fails
 */
export async function runLatencyBench(options: LatencyBenchOptions): Promise<LatencyReport> {
  const { device } = options
  const { address, gidIndex } = deviceAddress(device.info)
  const { baseline, problem } = chooseBaseline(device, address, gidIndex)
  const notes = problem === '' ? [] : [problem]
  await using owner = OwnerProcess.start()
  const { port } = await owner.ask({ command: 'listen', device: device.name, address })
  await using peer = await connect(
    device,
    { host: address, port: port as number },
    { heartbeatMs: 0, timeoutMs: 30_000 },
  )
  const ends: (() => Promise<void>)[] = []
  const onEnd = (end: () => Promise<void>): void => void ends.push(end)
  const refusals = new Set<string>()
  const published = new Set<string>()
  const publish = async (order: RegionOrder): Promise<boolean> => {
    if (published.has(order.name)) return true
    const refusal = await publishRegion(owner, order)
    if (refusal === null) published.add(order.name)
    if (refusal === null) await announced(peer, order.name)
    else refusals.add(refusal)
    return refusal === null
  }
  const groups = await groupsOf(options, (make, payloadBytes, smallest) =>
    make({ device, peer, publish, onEnd }, payloadBytes, smallest),
  )
  const rows: LatencyRow[] = []
  let reconnects = 0
  for (const group of groups) {
    const [first] = group.subjects
    options.onProgress(`${group.protocol}/${first?.strategy ?? ''} ${first?.payloadBytes ?? ''} B`)
    for (;;) {
      try {
        const measuring = { device, baseline, iterations: options.iterations }
        rows.push(...(await measureGroup(group, measuring)))
        break
      } catch (error) {
        // The connection is of no use any more; the group is measured again over a new one.
        if (!breaksConnection(error) || ++reconnects > RECONNECTS_MAX) throw error
        await peer.reconnect()
      }
    }
  }
  for (const end of ends) await end()
  notes.push(...refusals)
  if (reconnects > 0) {
    notes.push(`${reconnects} connections broke; their rows were measured again.`)
  }
  return {
    schema: LATENCY_SCHEMA,
    device: describeDevice(device),
    environment: describeEnvironment(),
    rows,
    notes,
  }
}

/** Groups by protocol, then in the order of the payload sizes; checks for changes come last. */
async function groupsOf(
  options: LatencyBenchOptions,
  make: (
    subjects: MakeSubjects,
    payloadBytes: number,
    smallest: boolean,
  ) => Promise<readonly SubjectGroup[]>,
): Promise<readonly SubjectGroup[]> {
  const { protocols, payloadSizes } = options
  const wanted = protocols.length === 0 ? latencyProtocols : protocols
  const groups: SubjectGroup[] = []
  for (const protocol of wanted) {
    const subjects = subjectsOf[protocol]
    for (const [index, payloadBytes] of payloadSizes.entries()) {
      groups.push(...(await make(subjects, payloadBytes, index === 0)))
    }
  }
  return groups
}

/** Waits until the peer has heard of a region: the owner's announcement is on its way. */
async function announced(peer: Peer, name: string): Promise<void> {
  const endMs = performance.now() + ANNOUNCEMENT_MS_MAX
  while (!peer.regions().some((entry) => entry.name === name)) {
    if (performance.now() > endMs) {
      const why = `the owner did not announce "${name}" within ${ANNOUNCEMENT_MS_MAX} ms`
      throw new UntornError('ERR_UNTORN_TIMEOUT', why)
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

/** Null, or why the device refuses the region. */
async function publishRegion(owner: OwnerProcess, region: RegionOrder): Promise<string | null> {
  try {
    await owner.ask({ command: 'publish', region })
    return null
  } catch (error) {
    if (error instanceof UntornError && error.code === 'ERR_UNTORN_UNSOUND') return error.message
    throw error
  }
}
