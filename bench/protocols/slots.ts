// Versioned slots as the benches know them. Their writer never pauses unless it is asked to: no reader
// starves by it, and their controls need publications that follow each other closely.
import { argumentRangeError } from '../../src/errors.ts'
import {
  type SlotsControl,
  type SlotsControlName,
  type SlotsOwner,
  type SlotsStrategyName,
  slotsControls,
} from '../../src/protocols/slots/index.ts'
import { openVersionedSlots } from '../../src/regions/slots/open-slots.ts'
import type { VersionedSlotsOwner } from '../../src/regions/slots/slots-owner.ts'
import { versionedSlots } from '../../src/regions/slots/versioned-slots.ts'
import {
  type BenchProtocol,
  type BenchWriter,
  type Piece,
  type RegionOrder,
  control,
  everywhere,
  onWords,
  sound,
} from './bench-protocol.ts'
import { type RawParts, openRawReader, rawRegion } from './raw-region.ts'
import { SnapshotReader } from './snapshot-reader.ts'

/** All slots of a sound row together. */
const RING_BYTES = 2 ** 22
const SLOT_COUNT_MIN = 16
const SLOT_COUNT_MAX = 1024

/**
 * Slots of a sound row: so many that the owner does not come round while one of them is fetched. Over
 * rxe 4096 bytes are written ten to fifty times meanwhile.
 */
function slotCountOf(payloadBytes: number): number {
  return Math.min(SLOT_COUNT_MAX, Math.max(SLOT_COUNT_MIN, Math.floor(RING_BYTES / payloadBytes)))
}

class Writer implements BenchWriter {
  readonly #owner: SlotsOwner | VersionedSlotsOwner

  constructor(owner: SlotsOwner | VersionedSlotsOwner) {
    this.#owner = owner
  }

  get nextVersion(): number {
    return this.#owner.version + 1
  }

  write(bytes: Uint8Array): boolean {
    this.#owner.publish(bytes)
    return true
  }

  writeInPieces(pieces: readonly Piece[]): boolean {
    const loan = this.#owner.loan()
    for (const piece of pieces) loan.copyIn(piece.offset, piece.bytes)
    loan.publish()
    return true
  }
}

function controlOf(order: RegionOrder): SlotsControl {
  const wrong = slotsControls[order.scheme as SlotsControlName] as SlotsControl | undefined
  if (wrong !== undefined) return wrong
  throw argumentRangeError(`versioned slots have no control "${order.scheme}"`)
}

function controlParts(order: RegionOrder): RawParts<SlotsOwner> {
  const { payloadBytes } = order
  const wrong = controlOf(order)
  const { slotCount } = wrong
  return {
    protocol: 'versioned-slots',
    layoutVersion: wrong.layoutVersion,
    payloadBytes,
    regionBytes: wrong.regionBytes(payloadBytes, slotCount),
    createWriter: (memory, shape, kernels) =>
      wrong.createOwner(memory, { ...shape, slotCount }, kernels),
  }
}

export const slotsBench: BenchProtocol = {
  name: 'versioned-slots',
  schemes: [
    sound('fenced'),
    sound('hash'),
    control<SlotsControlName>('one-lap-more', onWords),
    control<SlotsControlName>('index-once', everywhere),
    control<SlotsControlName>('index-first', everywhere),
    control<SlotsControlName>('unfenced-slots', []),
  ],
  intervalUs: { 'shared-memory': 0, verbs: 0, simulation: 0 },
  unpaused: [],
  writers: null,
  publish(host, order) {
    const { name, scheme, payloadBytes } = order
    if (order.control) return new Writer(host.publish(name, rawRegion(controlParts(order))).writer)
    const spec = versionedSlots({
      bytes: payloadBytes,
      slots: slotCountOf(payloadBytes),
      strategy: scheme as SlotsStrategyName,
    })
    return new Writer(host.publish(name, spec))
  },
  async open(source, entry, order, retry) {
    if (!order.control) {
      return new SnapshotReader(await openVersionedSlots(source, entry, retry), () => true)
    }
    const wrong = controlOf(order)
    const { slotCount } = wrong
    const reader = await openRawReader(
      source,
      entry,
      (shape, kernels) => wrong.createReader({ ...shape, slotCount }, kernels),
      retry,
    )
    return new SnapshotReader(reader, () => true)
  },
}
