// A claim as the owner of its region holds it.
//
// Invariant: its handler hears `ended` once; after that it notifies nobody.
import { argumentRangeError, argumentTypeError } from '../errors.ts'
import type { CatalogueEntry, ClaimHandler, ClaimHolder, ClaimKind } from '../regions/contract.ts'
import { NOTICE_BYTES_MAX } from './limits.ts'

export interface HeldClaimSettings {
  readonly id: number
  readonly kind: ClaimKind
  readonly peer: string
  readonly entry: CatalogueEntry
  readonly handler: ClaimHandler
  readonly evict: (why: string) => Promise<void>
  readonly notify: (message: Uint8Array) => boolean
}

export class HeldClaim implements ClaimHolder {
  readonly id: number
  readonly kind: ClaimKind
  readonly peer: string
  readonly entry: CatalogueEntry
  readonly #settings: HeldClaimSettings

  constructor(settings: HeldClaimSettings) {
    this.id = settings.id
    this.kind = settings.kind
    this.peer = settings.peer
    this.entry = settings.entry
    this.#settings = settings
  }

  evict(why: string): Promise<void> {
    return this.#settings.evict(why)
  }

  notify(message: Uint8Array): boolean {
    if (!(message instanceof Uint8Array)) throw argumentTypeError('message must be a Uint8Array')
    if (message.length > NOTICE_BYTES_MAX) {
      throw argumentRangeError(
        `message must have at most ${NOTICE_BYTES_MAX} bytes; it has ${message.length}`,
      )
    }
    return this.#settings.notify(message)
  }

  /** Nothing of it can land any more. */
  end(): void {
    try {
      this.#settings.handler.ended(this)
    } catch (error) {
      // The other claims must hear of their end all the same.
      const message = `the owner of '${this.entry.name}' could not end a claim: ${String(error)}`
      process.emitWarning(message, { code: 'WARN_UNTORN_CLAIM' })
    }
  }
}
