// Protocols small enough to read at a glance: one sound seqlock, and mistakes of its readers and owner.
import type { LocalMemory } from '../../../../src/protocols/local-memory.ts'
import { type OwnerSide, type Protocol, defineProtocol } from '../../../../src/testing/index.ts'

export const layout = {
  payloadBytes: 16,
  regionBytes: 64,
  fields: { version: 0, payload: { offset: 8, lengthBytes: 16 } },
} as const

export type SeqlockFields = typeof layout.fields

/** Odd while it writes, even when it has published. */
export function seqlockOwner(memory: LocalMemory): OwnerSide {
  let version = 0
  return {
    publish(payload) {
      memory.storeWord(0, version + 1)
      memory.barrier('beforePayload')
      memory.copyIn(8, payload)
      memory.barrier('beforePublish')
      version += 2
      memory.storeWord(0, version)
      memory.barrier('afterPublish')
      return version
    },
  }
}

/** Version, payload, version, each fenced: sound where words are not torn. */
export const fenced: Protocol<SeqlockFields> = defineProtocol({
  name: 'fenced',
  layout,
  owner: seqlockOwner,
  reader: function* (io) {
    const [before, payload, after] = yield* io.chain(
      io.word('version'),
      io.bytes('payload').fenced(),
      io.word('version').fenced(),
    )
    if (before % 2 === 1 || before !== after) return io.retry()
    return io.accept(payload, before)
  },
})

/** The same three READs, with no fence between them. */
export const unfenced: Protocol<SeqlockFields> = defineProtocol({
  ...fenced,
  name: 'unfenced',
  reader: function* (io) {
    const [before, payload, after] = yield* io.chain(
      io.word('version'),
      io.bytes('payload'),
      io.word('version'),
    )
    if (before % 2 === 1 || before !== after) return io.retry()
    return io.accept(payload, before)
  },
})

/** The version comes with the data, and is looked at again. */
export const versionWithData: Protocol<SeqlockFields> = defineProtocol({
  ...fenced,
  name: 'version with the data',
  reader: function* (io) {
    const { version, payload } = yield* io.fields('version', 'payload')
    const again = yield* io.word('version')
    if (version % 2 === 1 || version !== again) return io.retry()
    return io.accept(payload, version)
  },
})
