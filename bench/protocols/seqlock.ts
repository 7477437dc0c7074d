// The seqlock as the benches know it: its four strategies, and those of its negative controls that a
// race on real memory can show.
import { argumentRangeError } from '../../src/errors.ts'
import {
  type SeqlockControlName,
  type SeqlockScheme,
  negativeControls,
  seqlockStrategies,
} from '../../src/protocols/seqlock/index.ts'
import type { Strategy } from '../../src/regions/contract.ts'
import { openSeqlock } from '../../src/regions/open-seqlock.ts'
import { seqlock } from '../../src/regions/seqlock.ts'
import {
  type BenchProtocol,
  type BenchWriter,
  type Piece,
  control,
  everywhere,
  sound,
} from './bench-protocol.ts'
import { openRawReader, rawRegion } from './raw-region.ts'
import { SnapshotReader } from './snapshot-reader.ts'

/** Versions of a seqlock are even: the next one published is two further. */
const VERSION_STEP = 2

/** What handle and raw writer have in common. */
interface SeqlockWriter<Token> {
  readonly version: number
  write(bytes: Uint8Array): number
  writeBegin(): Token
  writeEnd(token: Token): number
}

interface WriteToken {
  copyIn(offset: number, bytes: Uint8Array): void
}

class Writer<Token extends WriteToken> implements BenchWriter {
  readonly #owner: SeqlockWriter<Token>

  constructor(owner: SeqlockWriter<Token>) {
    this.#owner = owner
  }

  get nextVersion(): number {
    return this.#owner.version + VERSION_STEP
  }

  write(bytes: Uint8Array): boolean {
    this.#owner.write(bytes)
    return true
  }

  writeInPieces(pieces: readonly Piece[]): boolean {
    const token = this.#owner.writeBegin()
    for (const piece of pieces) token.copyIn(piece.offset, piece.bytes)
    this.#owner.writeEnd(token)
    return true
  }
}

function controlScheme(name: string): SeqlockScheme {
  const scheme = negativeControls[name as SeqlockControlName] as SeqlockScheme | undefined
  if (scheme !== undefined) return scheme
  throw argumentRangeError(`the seqlock has no control "${name}"`)
}

/** An odd version, or 0, claims nothing: the naive READ takes whatever stands there. */
function claims(version: number): boolean {
  return version % 2 === 0
}

export const seqlockBench: BenchProtocol = {
  name: 'seqlock',
  schemes: [
    ...Object.keys(seqlockStrategies).map(sound),
    control<SeqlockControlName>('naive', everywhere),
    control<SeqlockControlName>('version-with-data', []),
    control<SeqlockControlName>('data-then-version', everywhere),
    control<SeqlockControlName>('both-ends', []),
    control<SeqlockControlName>('unfenced', []),
  ],
  // On shared memory a read takes less time than a write and its pause. Over verbs it takes many
  // writes' time: a faster writer would starve every reader that retries, and show nothing.
  intervalUs: { 'shared-memory': 1, verbs: 1000, simulation: 1 },
  // `hash` would leave readers a gap: its owner seals the next payload before it begins to store.
  unpaused: ['fenced'],
  writers: null,
  publish(host, order) {
    const { name, scheme, payloadBytes } = order
    if (!order.control) {
      return new Writer(
        host.publish(name, seqlock({ bytes: payloadBytes, strategy: scheme as Strategy })),
      )
    }
    const wrong = controlScheme(scheme)
    const owner = host.publish(
      name,
      rawRegion({
        protocol: 'seqlock',
        layoutVersion: wrong.layoutVersion,
        payloadBytes,
        regionBytes: wrong.regionBytes(payloadBytes),
        createWriter: (memory, shape, kernels) => wrong.createOwner(memory, shape, kernels),
      }),
    )
    return new Writer(owner.writer)
  },
  async open(source, entry, order, retry) {
    if (!order.control) return new SnapshotReader(await openSeqlock(source, entry, retry), claims)
    const wrong = controlScheme(order.scheme)
    const reader = await openRawReader(
      source,
      entry,
      (shape, kernels) => wrong.createReader(shape, kernels),
      retry,
    )
    return new SnapshotReader(reader, claims)
  },
}
