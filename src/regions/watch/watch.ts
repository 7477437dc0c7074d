// The versions of a region as they come: an asynchronous iterator that looks, and between two looks
// waits, longer and longer while nothing changes, or until the owner's notice.
//
// Invariants: a consumer gets versions that grow, and each time the newest, never a queue of old ones: a
// look is taken when it asks, and nothing is kept for it. Nothing of a watch stays behind once it has
// ended: no timer, no listener, no claim. One look is in progress at a time.
import { UntornError } from '../../errors.ts'
import { abortedError } from '../drivers/cancellation.ts'
import type { ReadContext } from '../read-context.ts'
import type { WholeReadOptions } from '../read-options.ts'
import { NoticeClaim } from './notice-claim.ts'
import { type WatchOptions, type WatchSettings, watchSettings } from './watch-options.ts'

/** Reads unless the region still has `version`: `readIfChanged` of a reader. */
export type Look<S> = (version: number, options: WholeReadOptions) => Promise<S | undefined>

/**
 * Looks in a row that may end because a connection broke. Each waits until the session has replaced it,
 * so more of them mean that something else is wrong.
 */
const BROKEN_LOOKS_MAX = 3

/** What a look, or a claim, ends with when its queue pair is replaced: an eviction does that, too. */
const brokenCodes: ReadonlySet<string> = new Set([
  'ERR_UNTORN_REMOTE',
  'ERR_UNTORN_NOT_CONNECTED',
  'ERR_UNTORN_EVICTED',
])

export class Watch<S extends { readonly version: number }>
  implements AsyncIterableIterator<S, undefined>, AsyncDisposable
{
  readonly #context: ReadContext
  readonly #look: Look<S>
  readonly #settings: WatchSettings
  readonly #claim: NoticeClaim | null
  /** Ends the look in progress. */
  readonly #abort = new AbortController()
  readonly #stop = (): void => this.#end()
  /** Resolves when the watch ends. */
  readonly #over: Promise<void>
  #settleOver: () => void = () => undefined
  /** Calls of `next` take turns. */
  #turn: Promise<unknown> = Promise.resolve()
  /** Ends the pause in progress. */
  #wake: () => void = () => undefined
  #version = 0
  #intervalMs: number
  #lookedAt = -Infinity
  #brokenLooks = 0
  /** The pause in progress is one that a notice ends. */
  #idle = false
  /** Nothing is looked for any more. */
  #ended = false
  /** And the consumer knows. */
  #told = false

  /** @internal Made by `watch` of a reader. */
  constructor(context: ReadContext, look: Look<S>, options?: WatchOptions) {
    this.#settings = watchSettings(options)
    this.#context = context
    this.#look = look
    this.#intervalMs = this.#settings.minMs
    const onNotice = (): void => {
      if (this.#idle) this.#wake()
    }
    this.#claim = this.#settings.notify ? new NoticeClaim(context.source, onNotice) : null
    this.#over = new Promise((resolve) => (this.#settleOver = resolve))
  }

  /**
   * The newest version, as soon as it is another than the one before; done when the owner, or this
   * side, has closed the region.
   * @throws UntornError (rejects, and ends the watch) ERR_UNTORN_ABORTED, ERR_UNTORN_STALE_GENERATION
   *   when the owner was restarted, ERR_UNTORN_PEER_LOST, and what else `readIfChanged` fails with;
   *   with `notify`, ERR_UNTORN_DENIED when the region notifies nobody, or nobody more
   */
  next(): Promise<IteratorResult<S, undefined>> {
    const turn = this.#turn.then(() => this.#next())
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  /** Ends the watch at once; a pending `next` resolves as done. */
  return(): Promise<IteratorResult<S, undefined>> {
    this.#told = true
    this.#end()
    return Promise.resolve({ done: true, value: undefined })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #next(): Promise<IteratorResult<S, undefined>> {
    if (this.#told) return { done: true, value: undefined }
    const { signal } = this.#settings
    const { cancellations } = this.#context
    // Only while a call is pending: who drops a watch without an end must not leave it with others.
    cancellations.add(this.#stop)
    signal?.addEventListener('abort', this.#stop, { once: true })
    try {
      while (!this.#ended) {
        if (signal?.aborted === true) throw abortedError(signal)
        const value = await this.#lookInTime()
        if (value !== undefined) return { done: false, value }
      }
      if (signal?.aborted === true && !this.#told) throw abortedError(signal)
      this.#told = true
      return { done: true, value: undefined }
    } catch (error) {
      this.#told = true
      this.#end()
      if (endsWell(error)) return { done: true, value: undefined }
      throw error
    } finally {
      cancellations.delete(this.#stop)
      signal?.removeEventListener('abort', this.#stop)
    }
  }

  /** One look, when it is due; undefined when there is nothing new, or the watch has ended. */
  async #lookInTime(): Promise<S | undefined> {
    try {
      await this.#due()
      if (this.#ended) return undefined
      this.#claim?.looking()
      this.#lookedAt = performance.now()
      const found = await this.#look(this.#version, { signal: this.#abort.signal })
      this.#brokenLooks = 0
      if (found === undefined) this.#slowDown()
      else {
        this.#version = found.version
        this.#intervalMs = this.#settings.minMs
      }
      return this.#ended ? undefined : found
    } catch (error) {
      if (this.#ended) return undefined
      await this.#mend(error)
      return undefined
    }
  }

  /** Waits until the next look may, and should, be taken. */
  async #due(): Promise<void> {
    const claim = this.#claim
    if (claim === null) {
      await this.#pause(this.#intervalMs)
      return
    }
    if (!claim.armed) await claim.arm(this.#abort.signal)
    // What arrived before this moment is in `news`; what arrives from now on ends the pause.
    this.#idle = !claim.news
    if (this.#idle) await this.#pause(this.#settings.maxMs)
    this.#idle = false
    // A notice may come right after a look.
    await this.#pause(this.#settings.minMs)
  }

  /** Until `ms` after the last look, or until woken. */
  async #pause(ms: number): Promise<void> {
    const left = this.#lookedAt + ms - performance.now()
    if (left <= 0 || this.#ended) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.#wake(), left)
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = () => undefined
        resolve()
      }
    })
  }

  #slowDown(): void {
    this.#intervalMs = Math.min(this.#settings.maxMs, Math.max(1, 2 * this.#intervalMs))
  }

  /**
   * A connection that broke under a look is being replaced: the look is taken again then, as reads
   * that begin meanwhile are.
   * @throws `failure` when it means something else
   */
  async #mend(failure: unknown): Promise<void> {
    const broken = failure instanceof UntornError && brokenCodes.has(failure.code)
    this.#brokenLooks += 1
    if (!broken || this.#brokenLooks > BROKEN_LOOKS_MAX) throw failure
    this.#claim?.lookAgain()
    await Promise.race([this.#context.source.recovery(), this.#over])
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#settleOver()
    this.#wake()
    this.#abort.abort()
    this.#claim?.release()
  }
}

/** Closed by its owner, which peers may hear as a withdrawal, or by this side. */
function endsWell(error: unknown): boolean {
  if (!(error instanceof UntornError)) return false
  if (error.code === 'ERR_UNTORN_CLOSED') return true
  return error.code === 'ERR_UNTORN_STALE_GENERATION' && endsWell(error.cause)
}
