// The claims of one link: those asked for, those granted, those given back.
//
// Invariant: every claim belongs to the queue pair that it was asked on; when that is replaced or lost,
// `endAll` ends it, asked for or granted, before the queue pair is failed. An answer is awaited for each
// id until it comes or the queue pair is gone: what is granted after its asker gave up is given back.
import { UntornError } from '../errors.ts'
import type { Device, QueuePair, RemoteRegion } from '../fabric/contract.ts'
import type { ClaimKind, Grant, RemoteBinding } from '../regions/contract.ts'
import { asUntornError } from './failures.ts'
import { LingeringImports } from './lingering-imports.ts'
import type { Denied, Granted, Message } from './messages.ts'
import type { Notice } from './notice-frame.ts'
import { NoticeReceiver } from './notice-receiver.ts'
import { OpenClaim } from './open-claim.ts'

export interface OpenClaimsContext {
  readonly device: Device
  /** How long an answer is awaited. */
  readonly timeoutMs: number
  readonly send: (message: Message) => void
  /** The host breaks the protocol. */
  readonly fail: (failure: UntornError) => void
}

interface Asked {
  readonly binding: RemoteBinding
  readonly kind: ClaimKind
  /** Null once the asker has been answered, or gave up. */
  settle: ((answer: OpenClaim | UntornError) => void) | null
  /** Its queue pair is gone, and with it what may yet be granted. */
  over: boolean
  /** Came before its claim was granted. */
  early: Uint8Array | undefined
}

export class OpenClaims {
  readonly #context: OpenClaimsContext
  readonly #asked = new Map<number, Asked>()
  readonly #open = new Map<number, OpenClaim>()
  /** Given back, and not yet confirmed. */
  readonly #returned = new Map<number, () => void>()
  readonly #lingering = new LingeringImports()
  #receiver: NoticeReceiver | undefined
  /** Those of queue pairs that are being closed. */
  readonly #retired: NoticeReceiver[] = []
  #lastId = 0

  constructor(context: OpenClaimsContext) {
    this.#context = context
  }

  /**
   * Asks for a claim on a region, on the present queue pair.
   * @throws UntornError what the host refuses with; ERR_UNTORN_TIMEOUT, ERR_UNTORN_ABORTED; why the
   *   queue pair was replaced or lost meanwhile; what importing its windows failed with
   */
  ask(binding: RemoteBinding, kind: ClaimKind, signal?: AbortSignal): Promise<OpenClaim> {
    const { timeoutMs, send } = this.#context
    return new Promise((resolve, reject) => {
      if (kind === 'watch') this.#expectNotices(binding.queuePair)
      this.#lastId += 1
      const id = this.#lastId
      const giveUp = (code: 'ERR_UNTORN_TIMEOUT' | 'ERR_UNTORN_ABORTED', message: string): void => {
        asked.settle?.(new UntornError(code, message, { cause: signal?.reason }))
        asked.settle = null
      }
      const onAbort = (): void => giveUp('ERR_UNTORN_ABORTED', `the claim was aborted`)
      const timer = setTimeout(() => {
        giveUp('ERR_UNTORN_TIMEOUT', `a claim was not answered within ${timeoutMs} ms`)
      }, timeoutMs)
      const settle = (answer: OpenClaim | UntornError): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        if (answer instanceof OpenClaim) resolve(answer)
        else reject(answer)
      }
      const asked: Asked = { binding, kind, settle, over: false, early: undefined }
      this.#asked.set(id, asked)
      const { name, generation } = binding.entry
      send({ type: 'claim', id, name, generation, kind })
      signal?.addEventListener('abort', onAbort)
    })
  }

  granted({ id, grant }: Granted): void {
    const asked = this.#take(id)
    if (asked.over) return
    if (asked.settle === null) {
      this.#context.send({ type: 'unclaim', id })
      return
    }
    let claim: OpenClaim
    try {
      claim = this.#import(id, asked, grant)
    } catch (error) {
      this.#context.send({ type: 'unclaim', id })
      asked.settle(asUntornError(error, 'ERR_UNTORN_SYSTEM', 'a grant could not be imported'))
      return
    }
    this.#open.set(id, claim)
    asked.settle(claim)
    if (asked.early !== undefined) claim.notice(asked.early)
  }

  denied({ id, code, message }: Denied): void {
    this.#take(id).settle?.(new UntornError(code, `the owner refuses: ${message}`))
  }

  /** The host has a claim that was given back. */
  unclaimed(id: number): void {
    if (id > this.#lastId) throw unexpected(id)
    // Nobody waits for one that was granted after its asker gave up.
    this.#returned.get(id)?.()
    this.#returned.delete(id)
  }

  /** The queue pair is about to be replaced, or lost. */
  endAll(failure: UntornError): void {
    // Answers to these may be under way: the host sends them before it renews.
    for (const asked of this.#asked.values()) {
      asked.settle?.(failure)
      asked.settle = null
      asked.over = true
    }
    for (const claim of this.#open.values()) void claim.end(failure)
    for (const done of this.#returned.values()) done()
    this.#open.clear()
    this.#returned.clear()
    if (this.#receiver !== undefined) this.#retired.push(this.#receiver)
    this.#receiver = undefined
  }

  /** Queue pairs that claims ended with are closed: nothing is in flight any more. Never rejects. */
  async queuePairClosed(): Promise<void> {
    const receivers = this.#retired.splice(0).map((receiver) => receiver.close())
    await Promise.all([...receivers, this.#lingering.disposeAll()])
  }

  #expectNotices(queuePair: QueuePair): void {
    this.#receiver ??= new NoticeReceiver(this.#context.device, queuePair, {
      onNotice: (notice) => this.#noticed(notice),
      onGarbage: this.#context.fail,
    })
    let watching = 1
    for (const { kind, over } of this.#asked.values()) if (kind === 'watch' && !over) watching += 1
    for (const { kind } of this.#open.values()) if (kind === 'watch') watching += 1
    this.#receiver.expectOneMore(watching)
  }

  #noticed({ claim: id, message }: Notice): void {
    const asked = this.#asked.get(id)
    const claim = this.#open.get(id)
    if ((asked ?? claim)?.kind === 'watch') {
      if (asked !== undefined) asked.early = message
      else claim?.notice(message)
    } else if (id === 0 || id > this.#lastId || (asked ?? claim) !== undefined) {
      const what = `a notice to claim ${id}, which watches nothing`
      this.#context.fail(new UntornError('ERR_UNTORN_PROTOCOL', what))
    }
    // Else the claim ended while its notice was on its way.
  }

  #take(id: number): Asked {
    const asked = this.#asked.get(id)
    if (asked === undefined) throw unexpected(id)
    this.#asked.delete(id)
    return asked
  }

  #import(id: number, asked: Asked, grant: Grant): OpenClaim {
    const { entry, device } = asked.binding
    const windows: { offset: number; remote: RemoteRegion }[] = []
    const dispose = async (): Promise<void> => {
      await Promise.all(windows.map(({ remote }) => this.#dispose(remote)))
    }
    try {
      for (const { offset, region } of grant.windows) {
        if (offset > entry.region.lengthBytes - region.lengthBytes) {
          const message = `a grant reaches past the end of '${entry.name}'`
          throw new UntornError('ERR_UNTORN_PROTOCOL', message)
        }
        windows.push({ offset, remote: device.importRegion(region) })
      }
    } catch (error) {
      void dispose()
      throw error
    }
    return new OpenClaim({
      kind: asked.kind,
      binding: asked.binding,
      parameters: grant.parameters,
      windows,
      noticed: () => this.#context.send({ type: 'noticed', id }),
      dispose,
      giveBack: (claim) => this.#giveBack(id, claim),
    })
  }

  async #giveBack(id: number, claim: OpenClaim): Promise<void> {
    await claim.end(new UntornError('ERR_UNTORN_CLOSED', 'the claim was released'))
    if (!this.#open.delete(id)) return
    await new Promise<void>((resolve) => {
      this.#returned.set(id, resolve)
      this.#context.send({ type: 'unclaim', id })
    })
  }

  /** Operations in flight end with their queue pair at the latest, so this does end. */
  async #dispose(remote: RemoteRegion): Promise<void> {
    while (!(await this.#lingering.dispose(remote)));
  }
}

function unexpected(id: number): UntornError {
  return new UntornError('ERR_UNTORN_PROTOCOL', `an answer to claim ${id}, which awaits none`)
}
