// The owner's side of a soak's regions: how each is published, and how its next payload is.
import type { ProtocolName } from '../../src/regions/contract.ts'
import { seqlock } from '../../src/regions/seqlock.ts'
import { versionedSlots } from '../../src/regions/slots/versioned-slots.ts'
import type { Host } from '../../src/session/host.ts'
import { PayloadOracle } from '../support/payload-oracle.ts'
import type { RoleContext } from './roles/role.ts'
import { PAYLOAD_BYTES, payloadNumber, soakProtocols } from './soak-regions.ts'

const SLOT_COUNT = 16

export interface OwnedRegion {
  readonly protocol: ProtocolName
  /** What `write` is, for the journal. */
  readonly operation: string
  write(): Promise<void> | void
}

/** Payloads by number, in one buffer. */
class Payloads {
  readonly #oracle = new PayloadOracle(PAYLOAD_BYTES)
  readonly #words = this.#oracle.createWords()
  readonly #bytes = this.#oracle.bytesOf(this.#words)

  /** Overwritten by the next call. */
  of(number: number): Uint8Array {
    this.#oracle.encode(number, this.#words)
    return this.#bytes
  }
}

const publishers: Partial<
  Record<ProtocolName, (host: Host, context: RoleContext, payloads: Payloads) => OwnedRegion>
> = {
  seqlock(host, _context, payloads) {
    const initial = payloads.of(2)
    const owner = host.publish('seqlock', seqlock({ bytes: PAYLOAD_BYTES, initial }))
    const write = (): void => {
      owner.write(payloads.of(payloadNumber(owner.version + 2)))
    }
    return { protocol: 'seqlock', operation: 'write', write }
  },
  'versioned-slots'(host, _context, payloads) {
    const initial = payloads.of(1)
    const spec = versionedSlots({ bytes: PAYLOAD_BYTES, slots: SLOT_COUNT, initial })
    const owner = host.publish('versioned-slots', spec)
    const write = (): void => {
      owner.publish(payloads.of(payloadNumber(owner.version + 1)))
    }
    return { protocol: 'versioned-slots', operation: 'publish', write }
  },
}

/** Publishes a region of every protocol. */
export function publishAll(host: Host, context: RoleContext): readonly OwnedRegion[] {
  const payloads = new Payloads()
  return soakProtocols.map((protocol) => {
    const publish = publishers[protocol]
    if (publish === undefined) throw new TypeError(`a soak cannot publish ${protocol}`)
    return publish(host, context, payloads)
  })
}
