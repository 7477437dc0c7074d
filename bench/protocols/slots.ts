// Versioned slots as the benches know them. Their writer never pauses unless it is asked to: no reader
// starves by it, and their controls need publications that follow each other closely.
import { argumentRangeError } from '../../src/errors.ts'
import {
  type SlotsControlName,
  type SlotsOwner,
  type SlotsScheme,
  slotsControls,
  slotsStrategies,
} from '../../src/protocols/slots/index.ts'
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
  readonly #owner: SlotsOwner

  constructor(owner: SlotsOwner) {
    this.#owner = owner
  }

  get nextVersion(): number {
    return this.#owner.version + 1
  }

  write(bytes: Uint8Array): void {
    this.#owner.publish(bytes)
  }

  writeInPieces(pieces: readonly Piece[]): void {
    const loan = this.#owner.loan()
    for (const piece of pieces) loan.copyIn(piece.offset, piece.bytes)
    loan.publish()
  }
}

interface Chosen {
  readonly scheme: SlotsScheme
  readonly slotCount: number
}

function chosen(order: RegionOrder): Chosen {
  const { scheme: name, payloadBytes } = order
  if (order.control) {
    const scheme = slotsControls[name as SlotsControlName]
    if (scheme !== undefined) return { scheme, slotCount: scheme.slotCount }
  } else if (name === 'fenced' || name === 'hash') {
    return { scheme: slotsStrategies[name], slotCount: slotCountOf(payloadBytes) }
  }
  throw argumentRangeError(`versioned slots have no scheme "${name}"`)
}

function partsOf(order: RegionOrder): RawParts<SlotsOwner> {
  const { scheme, slotCount } = chosen(order)
  const { payloadBytes } = order
  return {
    protocol: 'versioned-slots',
    layoutVersion: scheme.layoutVersion,
    payloadBytes,
    regionBytes: scheme.regionBytes(payloadBytes, slotCount),
    createWriter: (memory, shape, kernels) =>
      scheme.createOwner(memory, { ...shape, slotCount }, kernels),
  }
}

export const slotsBench: BenchProtocol = {
  name: 'versioned-slots',
  schemes: [
    sound('fenced'),
    sound('hash'),
    control('one-lap-more', onWords),
    control('index-once', everywhere),
    control('index-first', everywhere),
    control('unfenced-slots', []),
  ],
  intervalUs: { 'shared-memory': 0, verbs: 0, simulation: 0 },
  publish(host, order) {
    return new Writer(host.publish(order.name, rawRegion(partsOf(order))).writer)
  },
  async open(source, entry, order, retry) {
    const { scheme, slotCount } = chosen(order)
    const reader = await openRawReader(
      source,
      entry,
      (shape, kernels) => scheme.createReader({ ...shape, slotCount }, kernels),
      retry,
    )
    return new SnapshotReader(reader, () => true)
  },
}
