// A peer of the soak's owner that never gives up: it connects, opens regions, and after whatever fault
// connects or opens again. Invariant: a handle that it hands out is of the present connection, or
// fails with a code.
import { setImmediate as turn } from 'node:timers/promises'
import { UntornError, type ErrorCode } from '../../src/errors.ts'
import type { ProtocolName } from '../../src/regions/contract.ts'
import { type Peer, connect } from '../../src/session/index.ts'
import { type RoleContext, pause } from './roles/role.ts'

/** Between two attempts to reach an owner that is not there. */
const RETRY_MS = 20
const CONNECT_TIMEOUT_MS = 5_000

export interface SessionHandle {
  readonly generation: number
  close(): Promise<void>
}

/** Failures after which the region has to be opened again. */
const reopenAfter: ReadonlySet<ErrorCode> = new Set([
  'ERR_UNTORN_STALE_GENERATION',
  'ERR_UNTORN_CLOSED',
])

export class PeerSession<Handle extends SessionHandle> implements AsyncDisposable {
  readonly #context: RoleContext
  readonly #open: (peer: Peer, protocol: ProtocolName) => Promise<Handle>
  readonly #handles = new Map<ProtocolName, Handle>()
  #peer: Peer | null = null

  constructor(context: RoleContext, open: (peer: Peer, protocol: ProtocolName) => Promise<Handle>) {
    this.#context = context
    this.#open = open
  }

  /**
   * Calls `use` with the open region of a protocol. What fails is counted, and mended as far as it
   * can be before this returns. Never rejects.
   * @param what the operation, for the journal
   */
  async use(
    protocol: ProtocolName,
    what: string,
    use: (handle: Handle) => Promise<void> | void,
  ): Promise<void> {
    const { journal } = this.#context
    try {
      journal.begin(protocol, `opening for ${what}`)
      const handle = await this.#handle(protocol)
      journal.begin(protocol, what)
      await use(handle)
      journal.incarnation = this.#peer?.incarnation ?? 0
      journal.succeeded(protocol, what)
    } catch (error) {
      if (this.#context.ending.aborted) return
      journal.failed(protocol, error)
      // Synchronous reads of a region whose writer is stopped take their whole time, one after the other:
      // without a turn of the loop nobody would hear of this process.
      await turn()
      await this.#mend(protocol, error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#peer?.close()
  }

  async #handle(protocol: ProtocolName): Promise<Handle> {
    const open = this.#handles.get(protocol)
    if (open !== undefined) return open
    this.#peer ??= await this.#connect()
    const handle = await this.#open(this.#peer, protocol)
    this.#handles.set(protocol, handle)
    return handle
  }

  async #connect(): Promise<Peer> {
    const { device, order, ending } = this.#context
    const options = { timeoutMs: CONNECT_TIMEOUT_MS, signal: ending }
    return await connect(device, { host: order.address, port: order.port }, options)
  }

  async #mend(protocol: ProtocolName, error: unknown): Promise<void> {
    const { ending, journal } = this.#context
    const peer = this.#peer
    const code = error instanceof UntornError ? error.code : undefined
    if (peer === null || code === 'ERR_UNTORN_NO_REGION') {
      // An owner that has just started publishes one region after the other.
      await pause(RETRY_MS, ending)
      return
    }
    while (peer.lost !== undefined && !ending.aborted) {
      journal.waiting(`reconnecting: ${peer.lost.code}`)
      try {
        await peer.reconnect({ timeoutMs: CONNECT_TIMEOUT_MS, signal: ending })
      } catch (failure) {
        if (!(failure instanceof UntornError)) throw failure
        await pause(RETRY_MS, ending)
      }
    }
    const handle = this.#handles.get(protocol)
    if (code === undefined || !reopenAfter.has(code) || handle === undefined) return
    journal.begin(protocol, 'closing a handle')
    this.#handles.delete(protocol)
    await handle.close()
  }
}
