// The table of protocols under the suite: how each is published, opened, and brought into the state in
// which its readers have the hardest time. A protocol is added by its entries here.
import type { Device, Host, Peer } from '../../../src/index.ts'
import type {
  LockedReader,
  LockedStrategy,
  Openers,
  RcuCellReader,
  RegionReader,
  Strategy,
} from '../../../src/regions/index.ts'
import {
  lockedRegion,
  rcuCell,
  seqlock,
  soundStrategies,
  versionedSlots,
} from '../../../src/regions/index.ts'
import type { RetryOptions } from '../../../src/regions/index.ts'

/** Payload bytes; not a multiple of 7 words, so that no layout comes out even. */
export const BYTES = 192
export const REGION = 'region'

/** Codes that a bounded read may end with while the owner keeps its region as it is. */
export type Starved = readonly string[]

export interface Subject {
  readonly name: string
  /** A reader of objects reads whole ones only, as long as each is. */
  readonly reads: 'payloads' | 'objects'
  readonly protocol: keyof Openers
  /** Whether the chooser would let it run there. */
  isSound(device: Device): boolean
  publish(host: Host, initial: Uint8Array): Owned
  /** Where peers may write, too. */
  readonly updates?: PeerUpdates
}

type Change = (bytes: Uint8Array) => Uint8Array

/** Each publishes what `change` makes of the present payload; the version. */
export interface PeerUpdates {
  byOwner(owned: Owned, change: Change): number | Promise<number>
  byPeer(reader: RegionReader, change: Change): Promise<number>
}

export interface Owned {
  /** Publishes; the version. */
  publish(bytes: Uint8Array): number | Promise<number>
  /** Begins to publish `bytes` and stops halfway. */
  begin(bytes: Uint8Array): Promise<Halfway> | Halfway
  /** Only where peers may write, too. */
  update?(change: Change): number | Promise<number>
  close(): Promise<void>
}

export interface Halfway {
  /** How readers end meanwhile; empty where they go on with the version before. */
  readonly starved: Starved
  /** Publishes the rest; the version. */
  end(): number | Promise<number>
}

function seqlockSubject(strategy: Strategy): Subject {
  const starved: Record<Strategy, Starved> = {
    fenced: ['ERR_UNTORN_WRITER_ACTIVE'],
    hash: ['ERR_UNTORN_WRITER_ACTIVE', 'ERR_UNTORN_RETRIES_EXHAUSTED'],
    // Nothing is stored before the end.
    words: [],
    lines: ['ERR_UNTORN_WRITER_ACTIVE', 'ERR_UNTORN_RETRIES_EXHAUSTED'],
  }
  return {
    name: `seqlock, ${strategy}`,
    reads: 'payloads',
    protocol: 'seqlock',
    isSound: (device) => soundStrategies('seqlock', device, BYTES).includes(strategy),
    publish: (host, initial) => {
      const owner = host.publish(REGION, seqlock({ bytes: BYTES, initial, strategy }))
      return {
        publish: (bytes) => owner.write(bytes),
        begin: (bytes) => {
          const token = owner.writeBegin()
          token.copyIn(0, bytes.subarray(0, BYTES / 2))
          return {
            starved: starved[strategy],
            end: () => {
              token.copyIn(BYTES / 2, bytes.subarray(BYTES / 2))
              return owner.writeEnd(token)
            },
          }
        },
        close: () => owner.close(),
      }
    },
  }
}

function slotsSubject(strategy: 'fenced' | 'hash', slots: number): Subject {
  return {
    name: `${slots} versioned slots, ${strategy}`,
    reads: 'payloads',
    protocol: 'versioned-slots',
    isSound: (device) =>
      (soundStrategies('versioned-slots', device, BYTES) as readonly string[]).includes(strategy),
    publish: (host, initial) => {
      const spec = versionedSlots({ bytes: BYTES, slots, initial, strategy })
      const owner = host.publish(REGION, spec)
      return {
        publish: (bytes) => owner.publish(bytes),
        begin: (bytes) => {
          const loan = owner.loan()
          loan.copyIn(0, bytes.subarray(0, BYTES / 2))
          return {
            starved: [],
            end: () => {
              loan.copyIn(BYTES / 2, bytes.subarray(BYTES / 2))
              return loan.publish()
            },
          }
        },
        close: () => owner.close(),
      }
    },
  }
}

function updateAsOwner(owned: Owned, change: Change): number | Promise<number> {
  if (owned.update === undefined) throw new Error('the owner of this region has no update')
  return owned.update(change)
}

/** @param writers peers that may write: then the owner, too, swaps the word through its device */
function cellSubject(writers: number): Subject {
  return {
    name: writers === 0 ? 'rcu cell' : `rcu cell that ${writers} peers may write`,
    reads: 'objects',
    protocol: 'rcu-cell',
    isSound: () => true,
    publish: (host, initial) => {
      const spec = rcuCell({ bytes: 64 * BYTES, objectBytesMax: BYTES, writers, initial })
      const owner = host.publish(REGION, spec)
      return {
        publish: (bytes) => owner.store(bytes),
        // There is no halfway: an object is filled where nobody looks.
        begin: (bytes) => ({ starved: [], end: () => owner.store(bytes) }),
        update: (change) => owner.update(change),
        close: () => owner.close(),
      }
    },
    ...(writers > 0 && {
      updates: {
        byOwner: updateAsOwner,
        byPeer: (reader, change) => (reader as RcuCellReader).update(change),
      },
    }),
  }
}

function lockedSubject(strategy: LockedStrategy): Subject {
  return {
    name: `locked region, ${strategy}`,
    reads: 'payloads',
    protocol: 'locked',
    isSound: (device) =>
      (soundStrategies('locked', device, BYTES) as readonly string[]).includes(strategy),
    publish: (host, initial) => {
      const owner = host.publish(REGION, lockedRegion({ bytes: BYTES, strategy, initial }))
      return {
        publish: (bytes) => owner.update((payload) => payload.set(bytes)),
        begin: async (bytes) => {
          const guard = await owner.acquire()
          const starved = ['ERR_UNTORN_WRITER_ACTIVE', 'ERR_UNTORN_RETRIES_EXHAUSTED']
          return { starved, end: () => guard.release(bytes) }
        },
        update: (change) => owner.update((payload) => payload.set(change(payload))),
        close: () => owner.close(),
      }
    },
    updates: {
      byOwner: updateAsOwner,
      byPeer: (reader, change) =>
        (reader as LockedReader).update((payload) => payload.set(change(payload))),
    },
  }
}

export const subjects: readonly Subject[] = [
  seqlockSubject('fenced'),
  seqlockSubject('hash'),
  seqlockSubject('words'),
  seqlockSubject('lines'),
  slotsSubject('fenced', 2),
  slotsSubject('fenced', 4),
  slotsSubject('hash', 4),
  cellSubject(0),
  cellSubject(2),
  lockedSubject('fenced'),
  lockedSubject('hash'),
]

/** A reader of the subject's region. */
export function openReader(
  subject: Subject,
  peer: Peer,
  options: RetryOptions = {},
): Promise<RegionReader> {
  const opened: Promise<unknown> = peer.open(REGION, {
    protocol: subject.protocol,
    ...options,
  } as never)
  return opened as Promise<RegionReader>
}
