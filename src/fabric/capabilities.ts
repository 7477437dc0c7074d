// Capabilities as data: what a device's memory really guarantees, in the vocabulary of the
// sampling models. Nothing above this layer asks a device for its name.

export type ProviderName = 'verbs' | 'shared-memory' | 'simulation'

/** Largest aligned unit, bytes, that a remote READ never tears. */
export type AtomicGranuleBytes = 1 | 8 | 64

export interface Capabilities {
  readonly atomicGranuleBytes: AtomicGranuleBytes
  /** Order in which one READ samples memory. */
  readonly sampling: 'ascending' | 'arbitrary'
  /** May a later READ on one queue pair sample before an earlier one has finished? */
  readonly readAfterRead: 'ordered' | 'unordered'
  /** May a READ be executed again, in part, before it completes (lost response)? */
  readonly replay: boolean
  /** Does a WRITE's completion imply that the owner's CPU sees it? */
  readonly writeCompletion: 'visible' | 'accepted'
  /** With what NIC atomics are atomic: nothing, this NIC's atomics, the CPU as well. */
  readonly atomics: 'none' | 'hca' | 'global'
  /** May granules of one WRITE land in any order? */
  readonly relaxedOrdering: boolean
  readonly readDepthMax: number
  readonly inlineBytesMax: number
  readonly sendBytesMax: number
  readonly scatterEntriesMax: number
  readonly queueDepthMax: number
  /** 0 where there are no packets. */
  readonly pathMtuBytes: number
  /** Where each guarantee comes from, one sentence each: device, quirk table or probe. */
  readonly evidence: readonly string[]
}
