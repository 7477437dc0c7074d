// Stores of the negative controls' owners: each leaves out or swaps exactly one step of the order
// that placement-plain.ts and placement-lines.ts argue for.
import type { LocalMemory } from '../local-memory.ts'
import { Locked, Message } from './control-layout.ts'
import type { SeqlockShape } from './layout.ts'
import { BothEnds, CLOSED_MARK, Plain, bothEndsBack } from './layout.ts'
import type { Placement } from './placement.ts'
import { LinesPlacement } from './placement-lines.ts'
import { PlainPlacement, SealedPlacement } from './placement-plain.ts'
import { WordsPlacement } from './placement-words.ts'

/** No odd mark: the version moves only when the payload is complete. */
export class NoOddPhasePlacement extends PlainPlacement {
  override begin(_version: number): void {
    this.memory.barrier('beforePayload')
  }
}

/** The payload may become visible before the odd mark. */
export class NoBarrierAfterOddPlacement extends PlainPlacement {
  override begin(version: number): void {
    this.memory.storeWord(Plain.version, version - 1)
  }
}

/** The payload may become visible after the even version. */
export class NoBarrierBeforeEvenPlacement extends PlainPlacement {
  override publish(version: number): void {
    this.memory.storeWord(Plain.version, version)
  }
}

/** An aborted write restores the payload and the very version that was there before. */
export class SameVersionAbortPlacement extends PlainPlacement {
  override abandon(version: number): boolean {
    this.publish(version - 2)
    return false
  }
}

/**
 * A lock beside the version: lock, payload, version, unlock. Right for readers who look at the lock
 * again; the version alone, bumped last, does not say that a write has begun.
 */
export class LockedPlacement extends PlainPlacement {
  override begin(_version: number): void {
    this.memory.storeWord(Locked.lock, 1)
    this.memory.barrier('beforePayload')
  }

  override publish(version: number): void {
    super.publish(version)
    this.memory.barrier('afterPublish')
    this.memory.storeWord(Locked.lock, 0)
  }
}

/**
 * Zero-padded messages: their length stands where `hash` keeps the generation, and the seal, one
 * that leaves that word out, covers version and padded payload.
 */
export class MessagePlacement extends SealedPlacement {
  override publish(version: number): void {
    const payload = new Uint8Array(this.shape.payloadBytes)
    this.load(payload, 0)
    const lengthBytes = payload.findLastIndex((byte) => byte !== 0) + 1
    this.memory.storeWord(Message.length, lengthBytes)
    super.publish(version)
  }

  override replace(version: number, payload: Uint8Array): void {
    this.begin(version)
    this.copyIn(0, payload)
    this.publish(version)
  }
}

/** Every line's tag says "clean, new" before its bytes are. */
export class TagFirstLinesPlacement extends LinesPlacement {
  override begin(version: number): void {
    this.tagAll(version)
    this.memory.barrier('beforePayload')
  }

  override publish(_version: number): void {
    this.memory.barrier('beforePublish')
  }
}

/** `words` with tags of fewer than 32 bits. */
export class ShortTagPlacement extends WordsPlacement {
  readonly #tags: number

  constructor(memory: LocalMemory, shape: SeqlockShape, tagBits: number) {
    super(memory, shape)
    this.#tags = 2 ** tagBits
  }

  protected override highOf(version: number): number {
    return Math.floor(version / 2 / this.#tags)
  }

  protected override tagOf(version: number): number {
    return (version / 2) % this.#tags
  }
}

/**
 * Version before and after the payload. The best order there is: the back, which an ascending READ
 * samples last, is stored first, so that such a READ is proven; any other READ is not.
 */
export class BothEndsPlacement implements Placement {
  protected readonly memory: LocalMemory
  protected readonly back: number

  constructor(memory: LocalMemory, shape: SeqlockShape) {
    this.memory = memory
    this.back = bothEndsBack(shape.payloadBytes)
  }

  format(): void {}

  begin(version: number): void {
    this.memory.storeWord(this.back, version)
    this.memory.barrier('beforePayload')
  }

  copyIn(offset: number, source: Uint8Array): void {
    this.memory.copyIn(BothEnds.payload + offset, source)
  }

  publish(version: number): void {
    this.memory.barrier('beforePublish')
    this.memory.storeWord(BothEnds.front, version)
  }

  replace(version: number, payload: Uint8Array): void {
    this.begin(version)
    this.copyIn(0, payload)
    this.publish(version)
  }

  abandon(version: number): boolean {
    this.publish(version)
    return true
  }

  load(target: Uint8Array, offset: number): void {
    target.set(this.memory.view(BothEnds.payload + offset, target.length))
  }

  close(): void {
    this.memory.storeWord64(this.back, CLOSED_MARK)
    this.memory.storeWord64(BothEnds.front, CLOSED_MARK)
  }
}

/** A seqlock in the right order, whose only version stands behind the payload. */
export class TrailingVersionPlacement extends BothEndsPlacement {
  override begin(version: number): void {
    this.memory.storeWord(this.back, version - 1)
    this.memory.barrier('beforePayload')
  }

  override publish(version: number): void {
    this.memory.barrier('beforePublish')
    this.memory.storeWord(this.back, version)
  }
}
