// Machines of negative controls: each is the right one but for a step that it takes wrongly.
import type { RemoteSink, VerdictCode } from '../machine.ts'
import { Verdict } from '../machine.ts'
import { pad8 } from '../seqlock/layout.ts'
import { FencedReader } from '../seqlock/reader-fenced.ts'
import { LockAcquire } from './acquire.ts'
import { Landing, Plain, Shadow } from './layout.ts'
import { LockRelease } from './release.ts'
import { LockRepair } from './repair.ts'
import { heldWord, lockVersionAt, versionBitsOf } from './word.ts'

/** Publishes in place alone. */
export class ShadowlessRelease extends LockRelease {
  protected override place(sink: RemoteSink): void {
    this.writeInPlace(sink)
  }
}

/** Publishes in place first: the shadow is a log, written when there is something to log. */
export class ShadowLastRelease extends LockRelease {
  protected override place(sink: RemoteSink): void {
    this.writeInPlace(sink)
    this.writeShadow(sink)
  }
}

/** Frees the word by the WRITE that brings the payload, whose first bytes it is. */
export class OneWriteRelease extends LockRelease {
  protected override writeInPlace(sink: RemoteSink): void {
    // From its version on the shadow is what the region holds from its word on, freed.
    const lengthBytes = Plain.payload - Plain.version + pad8(this.payloadBytes)
    sink.write(Landing.shadow + Shadow.version, Plain.version, lengthBytes, false)
  }

  protected override unlock(_sink: RemoteSink): void {}

  override resume(_sink: RemoteSink): VerdictCode {
    return Verdict.Done
  }
}

/** Takes the lock without a word to those who compare versions: holder beside an even version. */
export class QuietAcquire extends LockAcquire {
  protected override heldWord(version: number): bigint {
    return heldWord(version, this.holder)
  }
}

/** Bumps the version when all is done. */
export class QuietRelease extends LockRelease {
  protected override nextVersion(word: bigint): number {
    return versionBitsOf(word) + 2
  }
}

/** Compares versions, and does not ask who holds the lock. */
export class LockBlindReader extends FencedReader {
  protected override versionAt(word: number): number {
    const high = this.halves[2 * word + 1] as number
    const halves = Uint32Array.of(this.halves[2 * word] as number, high & 0xffff)
    return high === 0xffff_ffff ? super.versionAt(word) : lockVersionAt(halves, 0)
  }
}

/** Ends an acquisition as if it had not been: under the version before it. */
export class SameVersionRepair extends LockRepair {
  protected override freedVersion(word: bigint): number {
    return versionBitsOf(word) - 1
  }
}
