// Status codes of the data path. 0–23 are ibv_wc_status as the device reports it; 64 and up are
// given before anything was posted, or by the driver.

export const Status = {
  Success: 0,
  LocalLength: 1,
  LocalQueuePair: 2,
  LocalProtection: 4,
  Flushed: 5,
  BadResponse: 7,
  LocalAccess: 8,
  RemoteInvalidRequest: 9,
  RemoteAccess: 10,
  RemoteOperation: 11,
  RetryExceeded: 12,
  ReceiverNotReady: 13,
  General: 21,

  /** submitAndPoll: the budget was spent, the chain is still in flight. */
  Pending: 64,
  SendQueueFull: 65,
  ReceiveQueueFull: 66,
  OutOfBounds: 67,
  /** The region does not grant what the operation needs. */
  AccessDenied: 68,
  /** Closed, foreign or never issued handle. */
  UnknownRegion: 69,
  BadOperation: 70,
  Misaligned: 71,
  NotConnected: 72,
  Closed: 73,
  MessageTooLong: 74,
  /** The post failed in the driver; nothing of the chain is in flight after the flush. */
  PostFailed: 75,
} as const

export type StatusCode = (typeof Status)[keyof typeof Status] | (number & {})

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(Status).map(([name, code]) => [code, name]),
)

/** Name of a status, for messages. */
export function statusName(status: number): string {
  return names.get(status) ?? `status ${status}`
}
