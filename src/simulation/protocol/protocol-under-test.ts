// What a protocol shows of itself to be explored: how large its region is, and its two sides over
// the same seams that production uses.
import type { LocalMemory } from '../../fabric/local-memory.ts'
import type { ReaderMachine } from '../../protocols/machine.ts'

/** The owner's side over a region's memory. Synchronous: each call runs to its end. */
export interface OwnerUnderTest {
  /**
   * Version of the last publication, as readers report it; undefined where versions have no
   * numbers, and bytes alone tell one from the other.
   */
  readonly version: number | undefined
  /** Publishes the first payload; once, before any reader. */
  format(payload: Uint8Array): void
  /** Replaces the whole payload. */
  publish(payload: Uint8Array): void
  /** Computes the next payload from the present one, whole. */
  update?(payload: Uint8Array): void
  /** Overwrites the bytes from `offset` on, in two overlapping pieces, and publishes. */
  publishPart?(offset: number, bytes: Uint8Array): void
  /** The same, but takes everything back. */
  abortPart?(offset: number, bytes: Uint8Array): void
  /** `abortPart` stores where no reader looks: the last publication stays what it was throughout. */
  readonly abortsAside?: boolean
  /** Ends the region: readers are told so for ever. */
  close?(): void
}

export interface ProtocolUnderTest {
  readonly name: string
  /** Bytes of the region. */
  readonly regionBytes: number
  /** Bytes of one payload. */
  readonly payloadBytes: number
  /** @param incarnation 0 for the first owner, 1 for the one after a restart, … */
  createOwner(memory: LocalMemory, incarnation: number): OwnerUnderTest
  /** A fresh reader of one incarnation. */
  createReader(incarnation: number): ReaderMachine
  /** Operations of the longest chain. Default 8. */
  readonly chainLengthMax?: number
  /**
   * How many versions, up to the present one, can be read for as long as no other is published.
   * Default 1. Readers may say that one is lost only when so many were published after it.
   */
  readonly versionsKept?: number
}
