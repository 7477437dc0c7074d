// Opens the socket of a control connection, with or without TLS, within a time limit.
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { UntornError } from '../errors.ts'
import { formatAddress, type HostAddress } from './address.ts'
import { asUntornError } from './failures.ts'

export interface DialOptions {
  readonly timeoutMs: number
  readonly tls: ConnectionOptions | undefined
  readonly signal: AbortSignal | undefined
}

/**
 * @throws UntornError ERR_UNTORN_CONNECT with the socket's error as cause, ERR_UNTORN_TIMEOUT,
 *   ERR_UNTORN_ABORTED
 */
export function dial(address: HostAddress, options: DialOptions): Promise<Socket> {
  const { host, port } = address
  const { tls, signal, timeoutMs } = options
  const target = formatAddress(host, port)
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(aborted(signal))
      return
    }
    const socket: Socket =
      tls === undefined
        ? connectTcp({ host, port, allowHalfOpen: true })
        : connectTls(tlsOptions({ ...tls, host, port }))
    const readyEvent = tls === undefined ? 'connect' : 'secureConnect'
    const finish = (settle: () => void): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.off(readyEvent, onReady)
      socket.off('error', onError)
      socket.off('close', onClose)
      settle()
    }
    const giveUp = (error: UntornError): void => {
      finish(() => reject(error))
      // Destroying a socket that still connects may report another error; it has been told.
      socket.on('error', () => {})
      socket.destroy()
    }
    const onAbort = (): void => giveUp(aborted(signal as AbortSignal))
    const onReady = (): void => finish(() => resolve(socket))
    const onError = (error: Error): void => {
      // Several addresses of one name: the first one's error stands for all.
      const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error
      const coded = asUntornError(first, 'ERR_UNTORN_CONNECT', `connecting to ${target}`)
      giveUp(coded)
    }
    const onClose = (): void => giveUp(new UntornError('ERR_UNTORN_CONNECT', `${target} hung up`))
    const timer = setTimeout(() => {
      const message = `connecting to ${target} took longer than ${timeoutMs} ms`
      giveUp(new UntornError('ERR_UNTORN_TIMEOUT', message))
    }, timeoutMs)
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once(readyEvent, onReady)
    socket.once('error', onError)
    socket.once('close', onClose)
  })
}

/** Half-open like the TCP side: an option that Node documents and its types leave out. */
function tlsOptions(options: ConnectionOptions): ConnectionOptions {
  return Object.assign(options, { allowHalfOpen: true })
}

export function aborted(signal: AbortSignal): UntornError {
  const message = 'the AbortSignal fired while connecting'
  return new UntornError('ERR_UNTORN_ABORTED', message, { cause: signal.reason })
}
