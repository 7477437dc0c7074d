// A claim as the peer that asked for it holds it.
//
// Invariant: once `ended` is set it stays, `onEnded` has been or will be called once, and nobody is noticed
// any more; the windows are forgotten when nothing of them is in flight.
import type { UntornError } from '../errors.ts'
import type { RemoteRegion } from '../fabric/contract.ts'
import type { Claim, ClaimKind, OpenWindow, RemoteBinding } from '../regions/contract.ts'

export interface OpenClaimSettings {
  readonly kind: ClaimKind
  readonly binding: RemoteBinding
  readonly parameters: Readonly<Record<string, number>>
  readonly windows: readonly { readonly offset: number; readonly remote: RemoteRegion }[]
  /** The notice was taken: there is room for the next. */
  readonly noticed: () => void
  /** Forgets the windows; resolves when nothing of them is in flight. Never rejects. */
  readonly dispose: () => Promise<void>
  /** Tells the owner, and resolves when it has the claim or the queue pair is gone. Never rejects. */
  readonly giveBack: (claim: OpenClaim) => Promise<void>
}

export class OpenClaim implements Claim {
  readonly kind: ClaimKind
  readonly binding: RemoteBinding
  readonly parameters: Readonly<Record<string, number>>
  readonly windows: readonly OpenWindow[]
  onEnded: ((why: UntornError) => void) | null = null
  readonly #settings: OpenClaimSettings
  #ended: UntornError | undefined
  #disposed: Promise<void> | undefined
  #released: Promise<void> | undefined
  #onNotice: ((message: Uint8Array) => void) | null = null
  /** Came before anybody listened; the next comes only when this one was taken. */
  #waiting: Uint8Array | undefined

  constructor(settings: OpenClaimSettings) {
    this.kind = settings.kind
    this.binding = settings.binding
    this.parameters = settings.parameters
    this.windows = settings.windows.map(({ offset, remote }) => ({
      offset,
      lengthBytes: remote.byteLength,
      handle: remote.handle,
    }))
    this.#settings = settings
  }

  get ended(): UntornError | undefined {
    return this.#ended
  }

  get onNotice(): ((message: Uint8Array) => void) | null {
    return this.#onNotice
  }

  set onNotice(callback: ((message: Uint8Array) => void) | null) {
    this.#onNotice = callback
    const message = this.#waiting
    if (callback === null || message === undefined) return
    this.#waiting = undefined
    queueMicrotask(() => this.notice(message))
  }

  /** A message of the owner arrived. */
  notice(message: Uint8Array): void {
    if (this.#ended !== undefined) return
    if (this.#onNotice === null) {
      this.#waiting = message
      return
    }
    // First of all: a callback that throws must not silence the owner.
    this.#settings.noticed()
    this.#onNotice(message)
  }

  /** It is over. Resolves when nothing of its windows is in flight. */
  end(why: UntornError): Promise<void> {
    if (this.#ended === undefined) {
      this.#ended = why
      queueMicrotask(() => this.onEnded?.(why))
    }
    this.#disposed ??= this.#settings.dispose()
    return this.#disposed
  }

  release(): Promise<void> {
    this.#released ??= this.#settings.giveBack(this)
    return this.#released
  }
}
