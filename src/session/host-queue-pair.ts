// The host's end of one queue pair, and the claims that came by it.
//
// Invariant: a claim's handler hears `ended` once, and only when nothing of the claim can land any more:
// because the queue pair has been destroyed, or because the peer said that nothing of it is in flight.
// A queue pair that cannot be destroyed, since its peer was stopped amid an operation, is tried again
// until it can; until then its claims have not ended.
import { UntornError } from '../errors.ts'
import type { Device, QueuePair } from '../fabric/contract.ts'
import { statusName } from '../fabric/status.ts'
import type { CatalogueEntry, ClaimHandler, ClaimKind, Grant } from '../regions/contract.ts'
import { CLAIMS_PER_PEER_MAX, RETIRE_RETRY_MS } from './limits.ts'
import { HeldClaim } from './held-claim.ts'
import { NoticeSender } from './notice-sender.ts'
import { grant as grantCheck } from './wire-checks.ts'

/** What a claim is about. */
export interface ClaimedRegion {
  readonly entry: CatalogueEntry
  readonly handler: ClaimHandler
}

export interface HostQueuePairContext {
  readonly device: Device
  /** For owners to tell their holders apart by. */
  readonly peer: string
  /** Numbers the claims of a host. */
  readonly nextHolderId: () => number
  /** It is destroyed and its claims have ended; the reason when it was evicted. */
  readonly onGone: (evicted: string | undefined) => void
}

export class HostQueuePair {
  readonly queuePair: QueuePair
  /** Resolves when it is destroyed and its claims have ended; never rejects. */
  readonly gone: Promise<void>
  readonly #context: HostQueuePairContext
  readonly #claims = new Map<number, HeldClaim>()
  readonly #notices: NoticeSender
  #settleGone: () => void = () => {}
  /** The present attempt to close it, or the one that did. */
  #closing: Promise<void> | undefined
  #retired = false
  #evicted: string | undefined

  constructor(queuePair: QueuePair, context: HostQueuePairContext) {
    this.queuePair = queuePair
    this.#context = context
    this.gone = new Promise((resolve) => (this.#settleGone = resolve))
    this.#notices = new NoticeSender(context.device, queuePair, (status) => {
      if (this.#retired) return
      const why = `a notice could not be delivered: ${statusName(status)}`
      // Should the peer be stopped, closing is tried again.
      void this.evict(why).catch(() => {})
    })
  }

  /** Whether the peer has a claim on this region. */
  claims(entry: CatalogueEntry): boolean {
    for (const claim of this.#claims.values()) if (claim.entry === entry) return true
    return false
  }

  /**
   * Asks the owner of a region.
   * @param id the peer's name of the claim, new in this connection
   * @throws what the owner refuses with; UntornError ERR_UNTORN_DENIED, ERR_UNTORN_NOT_CONNECTED
   */
  claim(id: number, kind: ClaimKind, region: ClaimedRegion): Grant {
    if (this.#retired) {
      throw new UntornError('ERR_UNTORN_NOT_CONNECTED', 'the queue pair is being closed')
    }
    if (this.#claims.size >= CLAIMS_PER_PEER_MAX) {
      const message = `a peer has at most ${CLAIMS_PER_PEER_MAX} claims at a time`
      throw new UntornError('ERR_UNTORN_DENIED', message)
    }
    const { entry, handler } = region
    const claim = new HeldClaim({
      id: this.#context.nextHolderId(),
      kind,
      peer: this.#context.peer,
      entry,
      handler,
      evict: (why) => this.evict(why),
      notify: (message) => this.#claims.get(id) === claim && this.#notices.send(id, message),
    })
    const granted = handler.claim(claim)
    this.#claims.set(id, claim)
    try {
      return grantCheck(granted, `the grant of '${entry.name}'`)
    } catch (error) {
      this.release(id)
      throw error
    }
  }

  /** The peer gave a claim back. False when it is over already. */
  release(id: number): boolean {
    const claim = this.#claims.get(id)
    if (claim === undefined) return false
    this.#claims.delete(id)
    // What may still be on its way is for nobody.
    this.#notices.taken(id)
    claim.end()
    return true
  }

  /** The peer has let go of a region. */
  releaseRegion(entry: CatalogueEntry): void {
    for (const [id, claim] of [...this.#claims]) if (claim.entry === entry) this.release(id)
  }

  /** The peer took a notice. False when none was on its way to this claim. */
  noticed(id: number): boolean {
    return !this.#claims.has(id) || this.#notices.taken(id)
  }

  /** Takes back everything that was granted; the peer is told when it is done. @throws as `close` */
  async evict(why: string): Promise<void> {
    this.#evicted ??= why
    await this.close()
  }

  /**
   * Destroys the queue pair, then ends its claims. Idempotent.
   * @throws UntornError ERR_UNTORN_BUSY when the peer is stopped amid an operation: it is tried again
   *   until it succeeds, and `gone` then resolves
   */
  close(): Promise<void> {
    this.#retired = true
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    try {
      await this.queuePair.close()
    } catch (error) {
      if (error instanceof UntornError && error.code === 'ERR_UNTORN_BUSY') {
        this.#closing = undefined
        setTimeout(() => void this.close().catch(() => {}), RETIRE_RETRY_MS).unref()
        throw error
      }
      // A queue pair that cannot be closed any more (its device is gone) has nothing left to close.
    }
    for (const id of [...this.#claims.keys()]) this.release(id)
    this.#context.onGone(this.#evicted)
    this.#settleGone()
    // Only its memory is left; a device that is gone has taken that, too.
    await this.#notices.close().catch(() => {})
  }
}
