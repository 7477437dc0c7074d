// A spec of a raw region as one of a typed region.
import type { Codec } from '../../codecs/codec.ts'
import type { OwnerHandle, RegionSpec } from '../contract.ts'
import { schemaOf } from './schema.ts'

/** The same region, announced with the codec's schema; its owner is what `own` makes of the raw one. */
export function typedSpec<V, Raw extends OwnerHandle, Owner extends OwnerHandle>(
  codec: Codec<V>,
  spec: RegionSpec<Raw>,
  own: (codec: Codec<V>, raw: Raw) => Owner,
): RegionSpec<Owner> {
  return {
    protocol: spec.protocol,
    publish: (context) => {
      const { entry, owner, ...more } = spec.publish(context)
      return { ...more, entry: { ...entry, schema: schemaOf(codec) }, owner: own(codec, owner) }
    },
  }
}
