// What a bench's latencies are held against: the same bytes fetched by a program without
// JavaScript, on the same device, between our own measurements.
import type { Device } from '../../src/fabric/contract.ts'
import { native } from '../../src/native/load.ts'
import { Plain, imageBytes } from '../../src/protocols/seqlock/layout.ts'
import { percentile } from './latency-recorder.ts'
import { findPerftest, measureReadLatency } from './perftest.ts'

export interface Baseline {
  readonly name: string
  /** How often baseline and our own reads take turns. */
  readonly rounds: number
  /** Median time to fetch that many bytes, microseconds. */
  measure(bytes: number): Promise<number>
}

export interface BaselineChoice {
  readonly baseline: Baseline | null
  /** Why there is none, with the remedy; empty when there is one. */
  readonly problem: string
}

/** Reads of one sample on shared memory: enough that reading the clock twice does not show. */
export function readsPerSampleOf(bytes: number): number {
  if (bytes <= 1024) return 64
  return bytes <= 16_384 ? 16 : 2
}

/** The baseline that fits a device. */
export function chooseBaseline(
  device: Device,
  address: string,
  gidIndex: number | null,
): BaselineChoice {
  if (device.provider === 'shared-memory') {
    return { baseline: new NativeReaderBaseline(device), problem: '' }
  }
  const program = findPerftest()
  if (program === null) {
    return {
      baseline: null,
      problem: 'no baseline: ib_read_lat is not installed (Debian: apt-get install perftest)',
    }
  }
  const deviceName = device.name
  return {
    baseline: {
      name: 'ib_read_lat',
      rounds: 1,
      measure: (bytes) => measureReadLatency({ program, deviceName, address, gidIndex, bytes }),
    },
    problem: '',
  }
}

const SAMPLES = 200
const FIRST_VERSION = 2

/** A seqlock reader in C++, compiled with the addon, over memory of the same kind. */
class NativeReaderBaseline implements Baseline {
  readonly name = 'c++-seqlock-reader'
  readonly rounds = 5
  readonly #device: Device

  constructor(device: Device) {
    this.#device = device
  }

  async measure(bytes: number): Promise<number> {
    await using region = this.#device.allocate(imageBytes('plain', bytes))
    const buffer = region.bytes.buffer as ArrayBuffer
    const start = region.bytes.byteOffset
    native().storeRelease64(buffer, (start + Plain.version) / 8, FIRST_VERSION, 0)
    const samples = new Float64Array(SAMPLES)
    const readsPerSample = readsPerSampleOf(bytes)
    const versionOffset = start + Plain.version
    const payloadOffset = start + Plain.payload
    // Once to bring memory and code into the caches, once to measure.
    for (let pass = 0; pass < 2; pass += 1) {
      native().benchSeqlockReader(
        buffer,
        versionOffset,
        payloadOffset,
        bytes,
        readsPerSample,
        samples,
      )
    }
    // Samples are nanoseconds of one read: each the mean of `readsPerSample`.
    return percentile(samples, 50) / 1000
  }
}
