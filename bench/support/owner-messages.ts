// What a bench and its owner process say to each other over the fork's channel: one request at a
// time, each answered by a reply of the same id. Plain JSON.

/** What a published region is for: a sound strategy, or the memory that a control reads. */
export interface RegionOrder {
  readonly name: string
  readonly payloadBytes: number
  readonly kind: 'strategy' | 'control'
  /** Of the strategy or the control. */
  readonly scheme: string
}

export type OwnerCommand =
  | { readonly command: 'listen'; readonly device: string; readonly address: string }
  | { readonly command: 'publish'; readonly region: RegionOrder }
  | { readonly command: 'start'; readonly region: string; readonly intervalUs: number }
  | { readonly command: 'stop' }

export type OwnerRequest = OwnerCommand & { readonly id: number }

export interface OwnerResult {
  /** Reply to `listen`. */
  readonly port?: number
  /** Replies to `stop`: what was written since `start`, and in how long. */
  readonly writes?: number
  readonly seconds?: number
}

export interface OwnerFailure {
  readonly code: string
  readonly message: string
}

export type OwnerReply =
  | { readonly id: number; readonly result: OwnerResult }
  | { readonly id: number; readonly failure: OwnerFailure }
