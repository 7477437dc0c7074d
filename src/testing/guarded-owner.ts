// An owner's side with its mistakes told: what it throws is the protocol's fault, not the caller's,
// and the versions it returns are numbers or never are.
import { UntornError, argumentTypeError } from '../errors.ts'
import type { OwnerUnderTest } from '../simulation/protocol/protocol-under-test.ts'
import { hasCode } from './has-code.ts'
import type { OwnerSide } from './protocol.ts'

type Call = () => number | void

/** The owner as scenarios run it. */
export function guardOwner(owner: OwnerSide): OwnerUnderTest {
  if (typeof owner?.publish !== 'function') {
    throw argumentTypeError('owner(memory) returns an object with publish(payload)')
  }
  let calls = 0
  let version: number | undefined
  const call = (name: string, publishes: Call): void => {
    const returned = guard(name, publishes)
    requireVersion(name, returned, calls === 0 ? returned : version)
    calls += 1
    version = returned ?? undefined
  }
  const guarded: OwnerUnderTest = {
    get version() {
      return version
    },
    format: (payload) => {
      if (owner.format === undefined) call('publish', () => owner.publish(payload))
      else call('format', () => owner.format?.(payload))
    },
    publish: (payload) => call('publish', () => owner.publish(payload)),
  }
  // What an owner cannot do stays absent: scenarios then publish instead.
  if (owner.update !== undefined) {
    guarded.update = (payload) => call('update', () => owner.update?.(payload))
  }
  if (owner.publishPart !== undefined) {
    guarded.publishPart = (offset, bytes) =>
      call('publishPart', () => owner.publishPart?.(offset, bytes))
  }
  if (owner.abortPart !== undefined) {
    guarded.abortPart = (offset, bytes) => call('abortPart', () => owner.abortPart?.(offset, bytes))
  }
  if (owner.close !== undefined) guarded.close = () => guard('close', () => owner.close?.())
  return guarded
}

function guard<T>(name: string, publishes: () => T): T {
  try {
    return publishes()
  } catch (error) {
    // A refused store has said already what is wrong.
    if (hasCode(error)) throw error
    throw new UntornError(
      'ERR_UNTORN_BROKEN_PROTOCOL',
      `the owner’s ${name} threw: ${String(error)}`,
      {
        cause: error,
      },
    )
  }
}

function requireVersion(
  name: string,
  returned: number | void,
  before: number | void | undefined,
): void {
  if (typeof returned === 'object') {
    throw new UntornError(
      'ERR_UNTORN_BROKEN_PROTOCOL',
      `the owner’s ${name} returned an object, such as a promise: it ends within the call, and ` +
        'returns the version as a number',
    )
  }
  if (returned !== undefined && (!Number.isSafeInteger(returned) || returned < 0)) {
    throw new UntornError(
      'ERR_UNTORN_BROKEN_PROTOCOL',
      `the owner’s ${name} returned ${String(returned)}: a version is a safe integer from 0 up`,
    )
  }
  if ((returned === undefined) === (before === undefined)) return
  throw new UntornError(
    'ERR_UNTORN_BROKEN_PROTOCOL',
    `the owner’s ${name} returned ${String(returned)} after ${String(before)}: return the version ` +
      'from every call, or from none',
  )
}
