// Imports that nobody uses any more. Invariant: an import is forgotten only when none of its operations
// is in flight.
import type { RemoteRegion } from '../fabric/contract.ts'
import { RELEASE_RETRY_MS, WITHDRAW_TIMEOUT_MS } from './limits.ts'

export class LingeringImports {
  readonly #remotes = new Set<RemoteRegion>()

  /**
   * Forgets an import as soon as nothing of it is in flight. False when that has not come about within
   * the limit; it then lingers.
   */
  async dispose(remote: RemoteRegion): Promise<boolean> {
    const deadline = performance.now() + WITHDRAW_TIMEOUT_MS
    this.#remotes.add(remote)
    while (!remote.close()) {
      if (performance.now() >= deadline) return false
      await new Promise((resolve) => setTimeout(resolve, RELEASE_RETRY_MS))
    }
    this.#remotes.delete(remote)
    return true
  }

  /** Tries again with all that linger: their queue pair is closed by now. */
  async disposeAll(): Promise<void> {
    await Promise.all([...this.#remotes].map((remote) => this.dispose(remote)))
  }
}
