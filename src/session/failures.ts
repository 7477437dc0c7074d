// Makes one kind of error out of whatever went wrong, so that every failure of a session has a code.
import { type ErrorCode, errorTable, UntornError } from '../errors.ts'
import type { Device, Endpoint } from '../fabric/contract.ts'
import { Status, statusName } from '../fabric/status.ts'

/** The error itself when it is coded by this library; else wrapped under `code`. */
export function asUntornError(error: unknown, code: ErrorCode, doing: string): UntornError {
  if (error instanceof UntornError) return error
  const fields = (typeof error === 'object' && error !== null ? error : {}) as {
    readonly code?: unknown
    readonly errno?: unknown
    readonly syscall?: unknown
    readonly message?: unknown
  }
  // The addon's errors are plain Errors that carry a code of the table.
  const ownCode = typeof fields.code === 'string' && Object.hasOwn(errorTable, fields.code)
  const what = typeof fields.message === 'string' ? fields.message : String(error)
  return new UntornError(ownCode ? (fields.code as ErrorCode) : code, `${doing}: ${what}`, {
    cause: error,
    ...(typeof fields.errno === 'number' ? { errno: Math.abs(fields.errno) } : {}),
    ...(typeof fields.syscall === 'string' ? { syscall: fields.syscall } : {}),
  })
}

/** The peer is gone; `why` completes "the peer was lost: …". */
export function peerLost(why: string, cause?: unknown, status?: number): UntornError {
  return new UntornError('ERR_UNTORN_PEER_LOST', `the peer was lost: ${why}`, {
    ...(cause === undefined ? {} : { cause }),
    ...(status === undefined ? {} : { status }),
  })
}

/** @throws UntornError ERR_UNTORN_PROVIDER_MISMATCH */
export function checkProvider(device: Device, remote: Endpoint): void {
  if (remote.provider === device.provider) return
  throw new UntornError(
    'ERR_UNTORN_PROVIDER_MISMATCH',
    `device ${device.name} is of provider ${device.provider}, the other side’s of ${remote.provider}`,
  )
}

/** Statuses given before anything was posted: the queue pair is as good as before. */
const localCodes: ReadonlyMap<number, ErrorCode> = new Map([
  [Status.SendQueueFull, 'ERR_UNTORN_QUEUE_FULL'],
  [Status.ReceiveQueueFull, 'ERR_UNTORN_QUEUE_FULL'],
  [Status.OutOfBounds, 'ERR_UNTORN_OUT_OF_BOUNDS'],
  [Status.AccessDenied, 'ERR_UNTORN_ACCESS_DENIED'],
  [Status.Misaligned, 'ERR_UNTORN_MISALIGNED'],
  [Status.UnknownRegion, 'ERR_UNTORN_CLOSED'],
  [Status.Closed, 'ERR_UNTORN_CLOSED'],
  [Status.BadOperation, 'ERR_UNTORN_ARGUMENT'],
  [Status.MessageTooLong, 'ERR_UNTORN_ARGUMENT'],
])

/** The failure of a status that left the queue pair whole; undefined for every other status. */
export function localFailure(status: number): UntornError | undefined {
  const code = localCodes.get(status)
  if (code === undefined) return undefined
  return new UntornError(code, `the operation was refused here: ${statusName(status)}`, { status })
}

const causes: ReadonlyMap<number, string> = new Map([
  [Status.RemoteAccess, 'the owner closed the region or does not grant this right'],
  [Status.RemoteInvalidRequest, 'the owner’s queue pair does not accept this operation'],
  [Status.RemoteOperation, 'the owner’s device could not carry it out'],
  [Status.Flushed, 'another operation broke the queue pair first; read again'],
  [
    Status.RetryExceeded,
    'packets were lost, the owner’s host no longer answers, or it evicted this peer',
  ],
  [Status.LocalProtection, 'the landing memory was deregistered'],
  [Status.ReceiverNotReady, 'the other side posts no receives'],
])

/** A failure of the transport while the peer is alive; the queue pair is being replaced. */
export function remoteFailure(status: number, vendorError: number): UntornError {
  const likely = causes.get(status) ?? 'the network, or a device in trouble'
  const vendor = vendorError === 0 ? '' : `, vendor error ${vendorError}`
  return new UntornError(
    'ERR_UNTORN_REMOTE',
    `the operation failed with ${statusName(status)}${vendor}; likely: ${likely}`,
    { status },
  )
}
