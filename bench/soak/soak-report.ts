// The soak's report, schema "untorn.bench.soak/1" (docs/schemas/bench-soak-1.json), and which failures of an
// operation a protocol promises under these faults: any other code is a violation.
import type { ProtocolName } from '../../src/regions/contract.ts'
import type { BenchDevice, BenchEnvironment } from '../support/environment.ts'
import type { HeapReport, RoleName } from './soak-messages.ts'

export const SOAK_SCHEMA = 'untorn.bench.soak/1'

export interface RoleTally {
  readonly role: RoleName
  readonly protocol: ProtocolName
  /** Kind of operation, or code of a failure. */
  readonly what: string
  readonly count: number
}

export interface FailureTally extends RoleTally {
  /** The protocol promises it under these faults. */
  readonly expected: boolean
}

export interface Recovery {
  readonly kind: string
  readonly count: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

export interface RoleHealth {
  readonly role: RoleName
  /** Of the incarnation that lived longest, from when it had warmed up to its end. */
  readonly livedSeconds: number
  readonly rssBytesStart: number
  readonly rssBytesEnd: number
  readonly handlesStart: number
  readonly handlesEnd: number
}

export interface SoakReport {
  readonly schema: typeof SOAK_SCHEMA
  readonly device: BenchDevice
  readonly environment: BenchEnvironment
  readonly seed: number
  readonly durationSeconds: number
  readonly operations: readonly RoleTally[]
  readonly failures: readonly FailureTally[]
  readonly tornAccepted: number
  /** Updates of several writers that are known to have succeeded, and those that another undid. */
  readonly updates: number
  readonly lostUpdates: number
  readonly faults: readonly { readonly kind: string; readonly count: number }[]
  readonly recoveries: readonly Recovery[]
  readonly heap: HeapReport | null
  readonly processes: readonly RoleHealth[]
  readonly violations: readonly string[]
  readonly passed: boolean
}

const expectedOfAll: ReadonlySet<string> = new Set([
  // The owner was killed, or is not back yet.
  'ERR_UNTORN_PEER_LOST',
  'ERR_UNTORN_CONNECT',
  'ERR_UNTORN_NOT_CONNECTED',
  'ERR_UNTORN_NO_REGION',
  'ERR_UNTORN_STALE_GENERATION',
  'ERR_UNTORN_CLOSED',
  // The transport gave up an operation, or it was on a queue pair that went away.
  'ERR_UNTORN_REMOTE',
  'ERR_UNTORN_TIMEOUT',
  // A seqlock's readers against a writer in bursts, or one that was stopped or killed half-way.
  'ERR_UNTORN_RETRIES_EXHAUSTED',
  'ERR_UNTORN_WRITER_ACTIVE',
])

const expectedOf: Readonly<Record<RoleName, ReadonlySet<string>>> = {
  owner: new Set(['ERR_UNTORN_HEAP_EXHAUSTED', 'ERR_UNTORN_RETRIES_EXHAUSTED']),
  reader: new Set(),
  // Evicted after having been stopped, or refused while its predecessor's claim is being ended.
  pinner: new Set(['ERR_UNTORN_LEASE_EXPIRED', 'ERR_UNTORN_EVICTED', 'ERR_UNTORN_DENIED']),
  holder: new Set(['ERR_UNTORN_EVICTED', 'ERR_UNTORN_DENIED', 'ERR_UNTORN_UNKNOWN_OUTCOME']),
  writer: new Set([
    'ERR_UNTORN_EVICTED',
    'ERR_UNTORN_DENIED',
    'ERR_UNTORN_UNKNOWN_OUTCOME',
    'ERR_UNTORN_HEAP_EXHAUSTED',
  ]),
}

/** Whether a protocol promises this failure under the faults of a soak. */
export function isExpected(role: RoleName, code: string): boolean {
  if (expectedOf[role].has(code)) return true
  return role !== 'owner' && expectedOfAll.has(code)
}
