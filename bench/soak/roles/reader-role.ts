// A reader of every region: all shapes of a read, in random order, with pauses now and then. Every
// snapshot has to be whole, its claimed version's, and no older than the one before.
import type { ProtocolName } from '../../../src/regions/contract.ts'
import type { RegionReader } from '../../../src/regions/region-reader.ts'
import type { Peer } from '../../../src/session/index.ts'
import { PeerSession } from '../peer-session.ts'
import { SnapshotWitness } from '../snapshot-witness.ts'
import { numberingOf, soakProtocols } from '../soak-regions.ts'
import { type Role, type RoleContext, pause } from './role.ts'

const READ_TIMEOUT_MS = 5_000
const PAUSE_MS_MAX = 5
/** Reads between two pauses, at most. */
const BURST_MAX = 32

const shapes = ['read', 'readSync', 'readIfChanged', 'readIfChangedSync'] as const
type Shape = (typeof shapes)[number]

export const readerRole: Role = async (context, ready) => {
  const { random, ending } = context
  const readings = new Map(
    soakProtocols.map((protocol) => [protocol, new Reading(protocol, context)]),
  )
  await using session = new PeerSession<RegionReader>(context, openReader)
  ready(0)
  while (!ending.aborted) {
    const protocol = soakProtocols[random.below(soakProtocols.length)] as ProtocolName
    const shape = shapes[random.below(shapes.length)] as Shape
    const burst = 1 + random.below(BURST_MAX)
    const reading = readings.get(protocol) as Reading
    for (let count = 0; count < burst && !ending.aborted; count += 1) {
      await session.use(protocol, shape, (reader) => reading.once(reader, shape))
    }
    await pause(random.below(PAUSE_MS_MAX + 1), ending)
  }
}

async function openReader(peer: Peer, protocol: ProtocolName): Promise<RegionReader> {
  const options = { timeoutMs: READ_TIMEOUT_MS }
  switch (protocol) {
    case 'seqlock':
      return await peer.open(protocol, options)
    case 'versioned-slots':
      return await peer.open(protocol, { ...options, protocol })
    case 'rcu-cell':
      return await peer.open(protocol, { ...options, protocol })
    case 'locked':
      return await peer.open(protocol, { ...options, protocol })
  }
}

/** One region as this reader has seen it. */
class Reading {
  readonly #witness: SnapshotWitness
  #reader: RegionReader | null = null
  #version = 0

  constructor(protocol: ProtocolName, context: RoleContext) {
    this.#witness = new SnapshotWitness(protocol, numberingOf(protocol), context.journal)
  }

  async once(reader: RegionReader, shape: Shape): Promise<void> {
    if (reader !== this.#reader) {
      if (reader.generation !== this.#reader?.generation) this.#witness.renew()
      this.#reader = reader
      this.#version = 0
    }
    const snapshot = await this.#read(reader, shape)
    if (snapshot === undefined) return
    this.#witness.check(snapshot.version, snapshot.bytes, shape)
    this.#version = snapshot.version
  }

  async #read(
    reader: RegionReader,
    shape: Shape,
  ): Promise<{ version: number; bytes: Uint8Array } | undefined> {
    switch (shape) {
      case 'read':
        return await reader.read()
      case 'readSync':
        return reader.readSync()
      case 'readIfChanged':
        return await reader.readIfChanged(this.#version)
      case 'readIfChangedSync':
        return reader.readIfChangedSync(this.#version)
    }
  }
}
