// What the benches know of a protocol: which rows it has, and how both sides of a row are made. Each
// protocol is one file beside this one and one entry in protocol-table.ts; benches name none.
import type { Device } from '../../src/fabric/contract.ts'
import type { ProviderName } from '../../src/fabric/capabilities.ts'
import type { BindingSource, CatalogueEntry, ProtocolName } from '../../src/regions/contract.ts'
import type { RetryOptions } from '../../src/regions/retry-policy.ts'
import type { Host } from '../../src/session/host.ts'

/** Memory on which controls have been run: golden, see `tearsOn`. */
export type Platform = 'shared-memory' | 'rxe-words' | 'rxe-bytes'

/** A sound strategy of a protocol, or a protocol that is wrong on purpose. */
export interface BenchScheme {
  readonly name: string
  readonly control: boolean
  /**
   * Of a control: where a run of the default length tears it. Elsewhere its flaw needs an order of
   * samples that this memory has not shown, which is no proof.
   */
  readonly tearsOn: readonly Platform[]
}

/** What a row's region is. Plain JSON, the same for owner, writers and reader. */
export interface RegionOrder {
  readonly name: string
  readonly protocol: ProtocolName
  readonly scheme: string
  readonly control: boolean
  readonly payloadBytes: number
  /** The writer's payloads are made before it starts, so that nothing separates its writes. */
  readonly prepared: boolean
}

/** A part of a payload. */
export interface Piece {
  readonly offset: number
  readonly bytes: Uint8Array
}

/** The owner's side of a row. */
export interface BenchWriter {
  /** What the payload that is written next will be published as. */
  readonly nextVersion: number
  /** Publishes a payload; false when there is no room for it just now. */
  write(bytes: Uint8Array): boolean
  /** Publishes all pieces as one version, stored in the order given. */
  writeInPieces(pieces: readonly Piece[]): boolean
}

export interface BenchReadCounts {
  readonly attempts: number
  /** Attempts that the protocol itself rejected. */
  readonly rejected: number
}

/** The reader's side of a row. */
export interface BenchReader {
  readonly counts: BenchReadCounts
  /**
   * Reads the whole payload; returns the version that it claims to be, or 0 when it claims none.
   * @throws UntornError what the protocol's reads fail with
   */
  read(target: Uint8Array): number | Promise<number>
  close(): Promise<void>
}

/** One of several writers, a process of its own. */
export interface BenchUpdater {
  /**
   * Replaces the payload that it finds, the oracle's of some number, by that of the next number: a
   * payload that is lost is a number that is missing in the end.
   * @throws UntornError what the protocol's updates fail with
   */
  update(): Promise<void>
  close(): Promise<void>
}

/** How peers write, where it is not the owner who does. */
export interface BenchWriters {
  readonly count: number
  open(source: BindingSource, entry: CatalogueEntry, order: RegionOrder): Promise<BenchUpdater>
}

export interface BenchProtocol {
  readonly name: ProtocolName
  /** Sound ones first. */
  readonly schemes: readonly BenchScheme[]
  /** Pause of the writer where none is asked for, microseconds from one write's start to the next. */
  readonly intervalUs: Readonly<Record<ProviderName, number>>
  /** The same for controls, where what breaks them needs publications that follow each other closely. */
  readonly controlIntervalUs?: number
  /**
   * Sound ones that run under a writer that never pauses as well, for one size, where no pause is asked
   * for: what such a writer does to readers is what tells protocols apart.
   */
  readonly unpaused: readonly string[]
  /** Null: the owner writes. */
  readonly writers: BenchWriters | null
  /**
   * Null where peers write.
   * @throws UntornError ERR_UNTORN_UNSOUND and what publishing fails with
   */
  publish(host: Host, order: RegionOrder): BenchWriter | null
  /** @throws UntornError what opening fails with */
  open(
    source: BindingSource,
    entry: CatalogueEntry,
    order: RegionOrder,
    retry: RetryOptions,
  ): Promise<BenchReader>
}

/** Which row of the golden `tearsOn` a device belongs to; null where nobody has looked. */
export function platformOf(
  device: Pick<Device, 'provider' | 'capabilities'> & {
    readonly info: Pick<Device['info'], 'driver'>
  },
): Platform | null {
  if (device.provider === 'shared-memory') return 'shared-memory'
  if (device.info.driver !== 'rxe') return null
  return device.capabilities.atomicGranuleBytes === 1 ? 'rxe-bytes' : 'rxe-words'
}

export const everywhere: readonly Platform[] = ['shared-memory', 'rxe-words', 'rxe-bytes']
/** Where aligned words of 8 bytes stay whole. */
export const onWords: readonly Platform[] = ['shared-memory', 'rxe-words']

export function sound(name: string): BenchScheme {
  return { name, control: false, tearsOn: [] }
}

/** @param name one of `Name`, which each protocol says: so that a rename of a control is noticed */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it is there for the caller
export function control<Name extends string>(
  name: Name,
  tearsOn: readonly Platform[],
): BenchScheme {
  return { name, control: true, tearsOn }
}
