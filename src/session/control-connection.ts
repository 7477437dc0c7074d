// One control connection: messages in, messages out, and exactly one end.
//
// Invariant: after the end (whichever side brought it about) no message is delivered, `onEnd` has
// been called once (never for one's own `close`), no timer is left, and the socket is destroyed
// within CLOSE_GRACE_MS.
import type { Socket } from 'node:net'
import { UntornError } from '../errors.ts'
import { asUntornError, peerLost } from './failures.ts'
import { type Frame, FrameDecoder } from './frame.ts'
import { Heartbeat } from './heartbeat.ts'
import { BACKLOG_BYTES_MAX, CLOSE_GRACE_MS, HEARTBEAT_MS, TEXT_CHARACTERS_MAX } from './limits.ts'
import { decodeMessage, encodeMessage, type Message } from './messages.ts'

/**
 * bye: the other side said so. error: it gave up and said why. protocol: it sent what makes no
 * sense. vanished: end, error or silence of the socket. failed: this side gave up.
 */
export type EndKind = 'bye' | 'error' | 'protocol' | 'vanished' | 'failed'

export interface ControlOptions {
  readonly bodyBytesMax: number
  /** May throw: the connection then fails with that error. */
  readonly onMessage: (message: Message) => void
  readonly onEnd: (failure: UntornError, kind: EndKind) => void
}

const protocolCodes: ReadonlySet<string> = new Set([
  'ERR_UNTORN_PROTOCOL',
  'ERR_UNTORN_PROTOCOL_VERSION',
  'ERR_UNTORN_FRAME_TOO_LARGE',
])

export class ControlConnection {
  /** Resolves when the socket is gone. */
  readonly closed: Promise<void>
  readonly #socket: Socket
  readonly #options: ControlOptions
  readonly #decoder: FrameDecoder
  #heartbeat: Heartbeat | undefined
  #deadline: NodeJS.Timeout | undefined
  #ended = false

  /** Takes over a connected socket that was made with `allowHalfOpen`. */
  constructor(socket: Socket, options: ControlOptions) {
    this.#socket = socket
    this.#options = options
    this.#decoder = new FrameDecoder(options.bodyBytesMax)
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#vanished('its control connection was cut')
        resolve()
      })
    })
    socket.setNoDelay(true)
    socket.setKeepAlive(true, HEARTBEAT_MS)
    socket.on('error', (error) => this.#vanished(error.message, error))
    socket.on('data', (chunk: Buffer) => this.#received(chunk))
    socket.on('end', () => this.#finished())
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Sends, unless the connection has ended. */
  send(message: Message): void {
    if (this.#ended) return
    this.#socket.write(encodeMessage(message))
    if (this.#socket.writableLength > BACKLOG_BYTES_MAX) {
      this.#vanished('it does not read its control connection')
      this.#socket.destroy()
    }
  }

  /** Fails the connection with ERR_UNTORN_TIMEOUT unless `met` is called within `timeoutMs`. */
  expect(timeoutMs: number, what: string): void {
    clearTimeout(this.#deadline)
    this.#deadline = setTimeout(() => {
      const message = `${what} took longer than ${timeoutMs} ms`
      this.fail(new UntornError('ERR_UNTORN_TIMEOUT', message))
    }, timeoutMs).unref()
  }

  met(): void {
    clearTimeout(this.#deadline)
    this.#deadline = undefined
  }

  startHeartbeat(ownMs: number, theirMs: number): void {
    this.#heartbeat = new Heartbeat({
      ownMs,
      theirMs,
      beat: () => this.send({ type: 'beat' }),
      silent: (silenceMs) => {
        // Should it be alive after all, held up in a loop, it will read why it was given up.
        const silence = `nothing was heard for ${silenceMs} ms`
        const hint = 'a process that blocks its event loop connects with heartbeatMs: 0'
        this.#hangUp({ type: 'error', code: 'ERR_UNTORN_TIMEOUT', message: `${silence}; ${hint}` })
        this.#vanished(silence)
      },
    })
  }

  /** Gives up: tells the other side why, hangs up, and ends with that failure. */
  fail(error: UntornError): void {
    if (this.#ended) return
    const message = error.message.slice(0, TEXT_CHARACTERS_MAX)
    this.#hangUp({ type: 'error', code: error.code, message })
    this.#end(error, protocolCodes.has(error.code) ? 'protocol' : 'failed')
  }

  /** Says goodbye and hangs up; resolves when the socket is gone. Idempotent. */
  close(reason: string): Promise<void> {
    if (!this.#ended) {
      this.#hangUp({ type: 'bye', reason })
      this.#stop()
    }
    return this.closed
  }

  #received(chunk: Buffer): void {
    // What follows the end is read and dropped: unread bytes would turn our FIN into a reset, and
    // a reset can overtake the frame that tells the other side why.
    if (this.#ended) return
    this.#heartbeat?.heard()
    try {
      this.#decoder.push(chunk, (frame) => this.#deliver(frame))
    } catch (error) {
      this.fail(asUntornError(error, 'ERR_UNTORN_SYSTEM', 'a control message could not be served'))
    }
  }

  #deliver(frame: Frame): void {
    if (this.#ended) return
    const message = decodeMessage(frame)
    switch (message.type) {
      case 'beat':
        return
      case 'bye':
        this.#hangUp()
        this.#end(peerLost(`it said goodbye (${message.reason})`), 'bye')
        return
      case 'error':
        this.#hangUp()
        this.#end(new UntornError(message.code, `the other side says: ${message.message}`), 'error')
        return
      default:
        this.#options.onMessage(message)
    }
  }

  #finished(): void {
    if (this.#ended) {
      this.#socket.end()
      return
    }
    try {
      this.#decoder.end()
    } catch (error) {
      this.fail(error as UntornError)
      return
    }
    this.#hangUp()
    this.#vanished('it hung up')
  }

  #vanished(why: string, cause?: Error): void {
    if (!this.#ended) this.#end(peerLost(why, cause), 'vanished')
  }

  #hangUp(last?: Message): void {
    const socket = this.#socket
    if (last === undefined) socket.end()
    else socket.end(encodeMessage(last))
    const grace = setTimeout(() => socket.destroy(), CLOSE_GRACE_MS).unref()
    socket.once('close', () => clearTimeout(grace))
  }

  #end(failure: UntornError, kind: EndKind): void {
    this.#stop()
    this.#options.onEnd(failure, kind)
  }

  #stop(): void {
    this.#ended = true
    this.met()
    this.#heartbeat?.stop()
  }
}
