// What the conductor of a soak and its actors say to each other over the fork's channel. Plain JSON.
// An actor speaks when it has started, some ten times a second, and at once when an operation succeeds
// after one that did not: recoveries are timed by that.
import type { ProtocolName } from '../../src/regions/contract.ts'

export const roleNames = ['owner', 'reader', 'pinner', 'holder', 'writer'] as const
export type RoleName = (typeof roleNames)[number]

/** Order to an actor that has just been started. */
export interface ActorOrder {
  readonly role: RoleName
  /** Unique in a soak, also among the incarnations of one role. */
  readonly id: number
  readonly seed: number
  readonly device: string
  readonly address: string
  /** Where the owner listens; 0 for the first owner, which takes any. */
  readonly port: number
  /** Folder for what must survive a kill. */
  readonly ledgerFolder: string
}

export type ActorCommand =
  | { readonly command: 'begin'; readonly order: ActorOrder }
  /** Finish what is under way, close everything, end the process. */
  | { readonly command: 'finish' }

/** How often something happened. */
export interface Tally {
  readonly protocol: ProtocolName
  /** Kind of operation, or code of a failure. */
  readonly what: string
  readonly count: number
}

/** Memory of a cell's owner, as its statistics tell. */
export interface HeapReport {
  readonly retired: number
  readonly reclaimed: number
  /** Of 64 bytes: those of objects that exist, and all. */
  readonly usedUnits: number
  readonly units: number
}

/** What an actor has done so far; totals, not differences. */
export interface ActorReport {
  readonly operations: readonly Tally[]
  readonly failures: readonly Tally[]
  readonly tornAccepted: number
  /** What must not be; each tells protocol, operation and values. */
  readonly violations: readonly string[]
  /** What is under way: for whoever has to tell where it hangs. */
  readonly doing: string
  /** Operations that succeeded since the actor began. */
  readonly successes: number
  /** Incarnation of the host that the last success was against; of the owner, its own. */
  readonly incarnation: number
  readonly heap: HeapReport | null
}

export type ActorMessage =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'report'; readonly report: ActorReport }
  /** It cannot go on at all. */
  | { readonly kind: 'failed'; readonly message: string }
