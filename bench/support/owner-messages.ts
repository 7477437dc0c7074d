// What a bench and its owner process say to each other over the fork's channel: one request at a
// time, each answered by a reply of the same id. Plain JSON.
import type { Endpoint, RegionDescriptor } from '../../src/fabric/contract.ts'
import type { ProbePattern } from '../../src/fabric/probe.ts'
import type { RegionOrder } from '../protocols/bench-protocol.ts'
import type { LitmusCommand, LitmusResult } from './litmus-messages.ts'

export type OwnerCommand =
  | { readonly command: 'listen'; readonly device: string; readonly address: string }
  | { readonly command: 'publish'; readonly region: RegionOrder }
  | { readonly command: 'start'; readonly region: string; readonly intervalUs: number }
  | { readonly command: 'stop' }

/** What a probe's reader orders, see probe-owner.ts. */
export type ProbeOrder =
  | { readonly step: 'expose'; readonly device: string; readonly lengthBytes: number }
  | { readonly step: 'connect'; readonly endpoint: Endpoint }
  | { readonly step: 'store'; readonly pattern: ProbePattern; readonly lengthBytes: number }
  | { readonly step: 'rest' }

export type ProbeCommand = { readonly command: 'probe'; readonly order: ProbeOrder }

/** What one of several writers is told, see bench-peer.ts. */
export type PeerOrder =
  | {
      readonly step: 'connect'
      readonly device: string
      readonly address: string
      readonly port: number
    }
  | { readonly step: 'start'; readonly region: RegionOrder; readonly intervalUs: number }
  | { readonly step: 'stop' }

export type PeerCommand = { readonly command: 'peer'; readonly order: PeerOrder }

export type OwnerRequest = (OwnerCommand | ProbeCommand | LitmusCommand | PeerCommand) & {
  readonly id: number
}

export interface OwnerResult {
  /** Reply to `listen`. */
  readonly port?: number
  /** Replies to either `stop`, or to `rest`: what was written since `start` or `store`, and in how long. */
  readonly writes?: number
  readonly seconds?: number
  /** Reply to `expose`. */
  readonly descriptor?: RegionDescriptor
  /** Reply to `connect`. */
  readonly endpoint?: Endpoint
  /** Replies to the orders of litmus-messages.ts. */
  readonly litmus?: LitmusResult
}

export interface OwnerFailure {
  readonly code: string
  readonly message: string
}

export type OwnerReply =
  | { readonly id: number; readonly result: OwnerResult }
  | { readonly id: number; readonly failure: OwnerFailure }
