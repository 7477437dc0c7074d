// Who writes the region of a torn-read row: its owner, or several peers of the owner in processes of
// their own. Invariant: they write from `start` to `stop`, and never two rows at once.
import type { RegionOrder } from '../protocols/bench-protocol.ts'
import { OwnerProcess } from './owner-process.ts'

export interface Written {
  /** That succeeded, of all writers. */
  readonly writes: number
  readonly seconds: number
}

export interface RowWriters {
  readonly count: number
  start(region: RegionOrder, intervalUs: number): Promise<void>
  /** @throws UntornError what a writer failed with meanwhile */
  stop(): Promise<Written>
}

/** The owner itself. */
export class OwnerWriting implements RowWriters {
  readonly count = 1
  readonly #owner: OwnerProcess

  constructor(owner: OwnerProcess) {
    this.#owner = owner
  }

  async start(region: RegionOrder, intervalUs: number): Promise<void> {
    await this.#owner.ask({ command: 'start', region: region.name, intervalUs })
  }

  async stop(): Promise<Written> {
    const { writes = 0, seconds = 0 } = await this.#owner.ask({ command: 'stop' })
    return { writes, seconds }
  }
}

/** Processes that connect to the owner, as many as the first row that needs them asks for. */
export class PeersWriting implements RowWriters, AsyncDisposable {
  readonly #where: { readonly device: string; readonly address: string; readonly port: number }
  readonly #peers: OwnerProcess[] = []

  constructor(where: { readonly device: string; readonly address: string; readonly port: number }) {
    this.#where = where
  }

  get count(): number {
    return this.#peers.length
  }

  /** Starts processes until there are `count`. */
  async gather(count: number): Promise<void> {
    const missing = Array.from({ length: Math.max(0, count - this.count) }, () => {
      const peer = OwnerProcess.start()
      this.#peers.push(peer)
      return peer
    })
    await Promise.all(
      missing.map((peer) =>
        peer.ask({ command: 'peer', order: { step: 'connect', ...this.#where } }),
      ),
    )
  }

  async start(region: RegionOrder, intervalUs: number): Promise<void> {
    const order = { step: 'start', region, intervalUs } as const
    await Promise.all(this.#peers.map((peer) => peer.ask({ command: 'peer', order })))
  }

  async stop(): Promise<Written> {
    const order = { step: 'stop' } as const
    const ended = await Promise.all(this.#peers.map((peer) => peer.ask({ command: 'peer', order })))
    return {
      writes: ended.reduce((sum, { writes = 0 }) => sum + writes, 0),
      seconds: Math.max(...ended.map(({ seconds = 0 }) => seconds)),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#peers.map((peer) => peer[Symbol.asyncDispose]()))
  }
}
