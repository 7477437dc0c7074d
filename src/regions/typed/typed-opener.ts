// Opens regions with a codec. The raw opener checks all that it would check without.
import type { Codec } from '../../codecs/codec.ts'
import type { BindingSource, CatalogueEntry } from '../contract.ts'
import type { RcuCellReader } from '../cell/cell-reader.ts'
import { prepareRegions } from '../kernels.ts'
import type { LockedReader } from '../locked/locked-reader.ts'
import { assertCodec, assertSchema } from './schema.ts'
import type { TypedRcuCellReader } from './typed-cell-reader.ts'
import type { TypedLockedReader } from './typed-locked-reader.ts'
import { type LandedReader, TypedReader } from './typed-reader.ts'

/** Of `peer.open`: how values are stored. Without it, values are bytes. */
export interface CodecOption<V> {
  readonly codec: Codec<V>
}

/** The handle of a region that is opened with a codec. */
export type TypedHandleOf<V, Handle> = Handle extends RcuCellReader
  ? TypedRcuCellReader<V>
  : Handle extends LockedReader
    ? TypedLockedReader<V>
    : Handle extends LandedReader
      ? TypedReader<V, Handle>
      : never

type AnyOpener = (source: BindingSource, entry: CatalogueEntry, options?: never) => unknown

type HandleOfOpener<Open extends AnyOpener> = Awaited<ReturnType<Open>>

function typedReader(codec: Codec<unknown>, raw: LandedReader): unknown {
  return new TypedReader(codec, raw)
}

/**
 * An opener that takes a codec as well: its handle is then what `make` makes of the raw one.
 * @throws as `open`; TypeError ERR_UNTORN_ARGUMENT, UntornError ERR_UNTORN_LAYOUT_MISMATCH when the
 *   region has values of another codec, or was published without
 */
export function typedOpener<Open extends AnyOpener>(
  open: Open,
  make: (codec: Codec<unknown>, raw: HandleOfOpener<Open>) => unknown = typedReader as never,
): Open {
  const opener = async (
    source: BindingSource,
    entry: CatalogueEntry,
    options?: Partial<CodecOption<unknown>>,
  ): Promise<unknown> => {
    const { codec, ...rest } = options ?? {}
    if (codec === undefined) return await open(source, entry, options as never)
    assertCodec(codec)
    await prepareRegions()
    const raw = await open(source, entry, rest as never)
    try {
      assertSchema(entry, codec)
    } catch (error) {
      await (raw as LandedReader).close()
      throw error
    }
    return make(codec, raw as HandleOfOpener<Open>)
  }
  return opener as unknown as Open
}
