// What a reader's author works with: READs by field name or offset, chains of them, and the ways in
// which an attempt ends. All of them are plain functions, so they may be taken apart:
// `function* ({ word, bytes, accept })`. Invariant: a reader learns nothing but what has landed.
import { argumentRangeError, argumentTypeError } from '../errors.ts'
import { Evidence } from '../protocols/machine.ts'
import { type Field, type Fields, type Layout, spanOf, wordBytes } from './layout.ts'
import { Outcome } from './outcome.ts'
import { Chain, type Landed, Read } from './read.ts'

/** A field's name, or an offset in bytes. */
export type Place<F extends Fields> = (keyof F & string) | number

/** Words are numbers, everything else is bytes. */
export type FieldValue<T extends Field> = T extends number ? number : Uint8Array

/** Values of the READs of a chain, in its order. */
export type LandedOf<R extends readonly Read<unknown>[]> = {
  [Index in keyof R]: R[Index] extends Read<infer T> ? T : never
}

/** A reader: posts READs with `yield*`, looks at what landed, returns how the attempt ends. */
export type Reader<F extends Fields = Fields> = (
  io: ReaderIo<F>,
) => Generator<Chain, Outcome, Landed>

export interface ReaderIo<F extends Fields = Fields> {
  /** Version of this reader's last accepted snapshot; 0 before the first. */
  readonly lastVersion: number
  /**
   * READ of an aligned 8-byte word, as `storeWord` stores it. NaN, which equals nothing, where the
   * bytes are no safe integer: no `storeWord` stored them.
   * @throws RangeError ERR_UNTORN_MISALIGNED no multiple of 8
   */
  readonly word: (place: Place<F>) => Read<number>
  /** The same for a word of any 64 bits, as `storeWord64` stores it. */
  readonly word64: (place: Place<F>) => Read<bigint>
  /** READ of a field, or of `lengthBytes` from an offset on; a copy of what landed. */
  readonly bytes: (place: Place<F>, lengthBytes?: number) => Read<Uint8Array>
  /** One READ from the first to the last of these fields; an object of their values. */
  readonly fields: <N extends keyof F & string>(
    ...names: readonly N[]
  ) => Read<{ readonly [Name in N]: FieldValue<F[Name]> }>
  /**
   * Posts READs together and waits for all: one round trip. Without fences they may be sampled in
   * any order.
   */
  readonly chain: <R extends readonly Read<unknown>[]>(
    ...reads: R
  ) => Generator<Chain, LandedOf<R>, Landed>
  /**
   * The attempt succeeded: `bytes` is the whole payload of `version`, as the owner returned it from
   * `publish`; no version where the owner returns none.
   */
  readonly accept: (bytes: Uint8Array, version?: number) => Outcome
  /** The attempt cannot prove anything: begin again, if attempts are left. */
  readonly retry: () => Outcome
  /** The owner ended the region for ever. */
  readonly closed: () => Outcome
}

/** What the reads of one reader have left behind for the next. */
export interface ReaderMemory {
  version: number
}

/** The `io` of one reader. */
export function createReaderIo(layout: Layout, memory: ReaderMemory): ReaderIo {
  const span = (place: string | number, lengthBytes?: number) => spanAt(layout, place, lengthBytes)
  return {
    get lastVersion() {
      return memory.version
    },
    word: (place) => new Read(wordAt(layout, place), wordBytes, decodeWord),
    word64: (place) => new Read(wordAt(layout, place), wordBytes, decodeWord64),
    bytes: (place, lengthBytes) => {
      const { offset, lengthBytes: length } = span(place, lengthBytes)
      return new Read(offset, length, (landed) => landed.slice())
    },
    fields: (...names) => readFields(layout, names),
    chain: postChain,
    accept: (bytes, version) => accept(layout, bytes, version),
    retry: () => Outcome.retried(Evidence.Torn),
    closed: () => Outcome.closed(),
  }
}

function* postChain<R extends readonly Read<unknown>[]>(
  ...reads: R
): Generator<Chain, LandedOf<R>, Landed> {
  return (yield new Chain(reads)) as LandedOf<R>
}

function fieldOf(layout: Layout, name: string): Field {
  const field = layout.fields?.[name]
  if (field !== undefined) return field
  const names = Object.keys(layout.fields ?? {})
  const known = names.length === 0 ? 'names no fields' : `has ${names.join(', ')}`
  throw argumentRangeError(`no field ${JSON.stringify(name)}: the layout ${known}`)
}

function wordAt(layout: Layout, place: string | number): number {
  const { offset } = spanAt(layout, place, wordBytes)
  // What is no integer, or no such field, has a refusal of its own.
  if (!Number.isInteger(offset) || offset % wordBytes === 0) return offset
  throw argumentRangeError(
    `a word is at a multiple of ${wordBytes}, not at ${offset}: READ other places with bytes(…)`,
    'ERR_UNTORN_MISALIGNED',
  )
}

function spanAt(
  layout: Layout,
  place: string | number,
  lengthBytes?: number,
): { readonly offset: number; readonly lengthBytes: number } {
  if (typeof place === 'string') {
    const span = spanOf(fieldOf(layout, place))
    return { offset: span.offset, lengthBytes: lengthBytes ?? span.lengthBytes }
  }
  if (lengthBytes === undefined) {
    throw argumentTypeError('bytes(offset, lengthBytes) needs a length; a field has one')
  }
  return { offset: place, lengthBytes }
}

function readFields<T>(layout: Layout, names: readonly string[]): Read<T> {
  const fields = names.map((name) => ({ name, field: fieldOf(layout, name) }))
  if (fields.length === 0) throw argumentRangeError('fields(…) needs at least one name')
  const spans = fields.map(({ field }) => spanOf(field))
  const start = Math.min(...spans.map(({ offset }) => offset))
  const end = Math.max(...spans.map(({ offset, lengthBytes }) => offset + lengthBytes))
  return new Read(start, end - start, (landed) => {
    const values: Record<string, number | Uint8Array> = {}
    for (const { name, field } of fields) {
      const { offset, lengthBytes } = spanOf(field)
      const bytes = landed.subarray(offset - start, offset - start + lengthBytes)
      values[name] = typeof field === 'number' ? decodeWord(bytes) : bytes.slice()
    }
    return values as T
  })
}

function decodeWord64(landed: Uint8Array): bigint {
  return new DataView(landed.buffer, landed.byteOffset, wordBytes).getBigUint64(0, true)
}

function decodeWord(landed: Uint8Array): number {
  const value = Number(decodeWord64(landed))
  return Number.isSafeInteger(value) ? value : NaN
}

function accept(layout: Layout, bytes: Uint8Array, version = 0): Outcome {
  if (!(bytes instanceof Uint8Array)) throw argumentTypeError('accept(bytes, version) needs bytes')
  const { payloadBytes } = layout
  if (bytes.length !== payloadBytes) {
    throw argumentRangeError(
      `accept needs the payload’s ${payloadBytes} bytes, got ${bytes.length}`,
    )
  }
  if (!Number.isSafeInteger(version) || version < 0) {
    throw argumentRangeError(`a version is a safe integer from 0 up, not ${String(version)}`)
  }
  return Outcome.accepted(bytes, version)
}
