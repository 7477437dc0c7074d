// The soak: an owner, readers and writers in processes of their own, all protocols at once, and faults
// at random by a seed. Whoever is killed gets a successor. Invariant: it ends. Whatever an actor does or
// does not do, a deadline passes, the actor is killed, and the report says what it was doing.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Device } from '../../src/fabric/contract.ts'
import { RandomNumbers } from '../../src/simulation/random-numbers.ts'
import { deviceAddress } from '../support/device-address.ts'
import { Cast } from './cast.ts'
import { type FaultPace, nextFault } from './fault-plan.ts'
import { judgeLedgers } from './ledger.ts'
import type { SoakReport } from './soak-report.ts'
import { SoakRecord } from './soak-record.ts'
import type { Patience } from './watchdog.ts'

export interface SoakOptions {
  readonly device: Device
  readonly seconds: number
  readonly seed: number
  readonly onProgress: (text: string) => void
}

const TICK_MS = 50

interface SoakPace extends Patience {
  readonly finishMs: number
  readonly faults: FaultPace
}

/** Emulated machines take many times as long for everything, above all to start Node. */
const paceOn = {
  memory: {
    startMs: 30_000,
    silenceMs: 10_000,
    stallMs: 15_000,
    finishMs: 30_000,
    faults: { pauseMsMin: 200, pauseMsMax: 1_200, stopMsMax: 1_500 },
  },
  network: {
    startMs: 240_000,
    silenceMs: 30_000,
    stallMs: 60_000,
    finishMs: 60_000,
    faults: { pauseMsMin: 1_500, pauseMsMax: 5_000, stopMsMax: 2_500 },
  },
} as const satisfies Readonly<Record<string, SoakPace>>

/**
 * Runs the soak. What goes wrong in it is in the report; only what keeps it from starting is thrown.
 * @throws UntornError ERR_UNTORN_NO_GID
 */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const { device, seed } = options
  const pace = device.provider === 'verbs' ? paceOn.network : paceOn.memory
  const { address } = deviceAddress(device.info)
  const ledgerFolder = mkdtempSync(join(tmpdir(), 'untorn-soak-'))
  const record = new SoakRecord()
  const cast = new Cast({ seed, device: device.name, address, ledgerFolder }, record)
  try {
    const started = await waitFor(() => cast.begin(), pace.startMs)
    const startMs = performance.now()
    if (started) await disturb(cast, record, pace, options)
    else record.violated(`not all actors started: ${cast.absent()}`)
    const durationSeconds = (performance.now() - startMs) / 1000
    options.onProgress('finishing')
    await finish(cast, record, pace)
    record.settle(judgeLedgers(ledgerFolder))
    return record.report({ device, seed, durationSeconds })
  } finally {
    await cast.killAll()
    rmSync(ledgerFolder, { recursive: true, force: true })
  }
}

/** Faults until the time is up, or something hangs. */
async function disturb(
  cast: Cast,
  record: SoakRecord,
  pace: SoakPace,
  options: SoakOptions,
): Promise<void> {
  const random = new RandomNumbers(options.seed)
  const startMs = performance.now()
  const endMs = startMs + options.seconds * 1000
  let fault = nextFault(random, cast.counts, pace.faults)
  let dueMs = performance.now() + fault.pauseMs
  for (;;) {
    const nowMs = performance.now()
    if (nowMs >= endMs) return
    const hung = cast.hung(nowMs, pace)
    for (const text of hung) record.violated(text)
    if (hung.length > 0) return
    cast.wakeDue(nowMs)
    cast.sampleHealth(nowMs)
    if (nowMs >= dueMs) {
      cast.inject(fault, nowMs)
      fault = nextFault(random, cast.counts, pace.faults)
      dueMs = nowMs + fault.pauseMs
    }
    options.onProgress(`${Math.round((nowMs - startMs) / 1000)} s: ${record.brief()}`)
    await new Promise((resolve) => setTimeout(resolve, TICK_MS))
  }
}

/** Peers first, so that the owner ends without any claim or read; bounded. */
async function finish(cast: Cast, record: SoakRecord, pace: SoakPace): Promise<void> {
  for (const stage of ['peers', 'owner'] as const) {
    const ended = await waitFor(() => cast.finish(stage), pace.finishMs)
    if (!ended) record.violated(`did not end within ${pace.finishMs} ms: ${cast.remaining()}`)
  }
}

/** Calls `step` until it returns true; false when the time is up before. */
async function waitFor(step: () => boolean, limitMs: number): Promise<boolean> {
  const endMs = performance.now() + limitMs
  while (!step()) {
    if (performance.now() >= endMs) return false
    await new Promise((resolve) => setTimeout(resolve, TICK_MS))
  }
  return true
}
