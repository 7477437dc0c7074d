// What every part of the protocols' suite starts from: a published region, a reader of it, payloads
// that say which they are.
import { expect } from 'vitest'
import { UntornError } from '../../../src/index.ts'
import type { RegionReader, RetryOptions, Snapshot } from '../../../src/regions/index.ts'
import { BYTES, type Owned, type Subject, openReader } from './subjects.ts'
import { type Session, type World, openSession } from './worlds.ts'

/** Payload `number`: a word of it tells which it is, and where in it. */
export function payload(number: number): Uint8Array {
  const bytes = new Uint8Array(BYTES)
  const words = new Uint32Array(bytes.buffer)
  words.forEach((_, index) => (words[index] = Math.imul(number + 1, 0x9e37_79b1) + index))
  return bytes
}

export class Stage {
  readonly session: Session
  readonly owned: Owned
  readonly reader: RegionReader

  private constructor(session: Session, owned: Owned, reader: RegionReader) {
    this.session = session
    this.owned = owned
    this.reader = reader
  }

  /** The region holds payload 0. */
  static async open(world: World, subject: Subject, options?: RetryOptions): Promise<Stage> {
    const session = await openSession(world)
    const owned = subject.publish(session.host, payload(0))
    session.settle()
    await until(() => session.peer.regions().length === 1)
    return new Stage(session, owned, await openReader(subject, session.peer, options))
  }

  /** Publishes payload `number`, visible to all; the version. */
  async publish(number: number): Promise<number> {
    const version = await this.owned.publish(payload(number))
    this.session.settle()
    return version
  }

  /** The handle works: a read of either kind brings payload `number`. */
  async expectReads(number: number): Promise<void> {
    expect((await this.reader.read()).bytes).toEqual(payload(number))
    expect(this.reader.readSync().bytes).toEqual(payload(number))
  }
}

/** Whole, of some version that was published; returns its number. */
export function numberOf({ bytes }: Snapshot, numberMax: number): number {
  for (let number = 0; number <= numberMax; number += 1) {
    if (Buffer.compare(bytes, payload(number)) === 0) return number
  }
  throw new Error(`torn: these bytes are none of payloads 0 to ${numberMax}`)
}

export async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work()
  } catch (error) {
    if (error instanceof UntornError) return error.code
    const { code } = error as { code?: unknown }
    if (error instanceof Error && typeof code === 'string') return code
    throw error
  }
  return 'no error'
}

export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not met: ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
