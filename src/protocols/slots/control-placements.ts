// Stores of the negative controls' owners: each leaves out or swaps exactly one step of the order
// that placement.ts argues for. And the index as a plain number, which both sides of one control use.
import type { LocalMemory, MemoryKernels } from '../local-memory.ts'
import { CLOSED_MARK } from '../seqlock/layout.ts'
import { versionAt } from '../seqlock/version-word.ts'
import { IndexCode } from './index-code.ts'
import type { SlotsShape } from './layout.ts'
import { SlotsPlacement } from './placement.ts'

/** The index may say a version whose slot is not whole yet. */
export class NoBarrierBeforePublish extends SlotsPlacement {
  override publish(version: number): void {
    this.header(version)
    this.storeIndex(version)
    this.memory.barrier('afterPublish')
  }
}

/** The next slot's stores may become visible before the index does. */
export class NoBarrierAfterPublish extends SlotsPlacement {
  override publish(version: number): void {
    this.header(version)
    this.memory.barrier('beforePublish')
    this.storeIndex(version)
  }
}

/** First the index, then the slot that it points to. */
export class IndexFirst extends SlotsPlacement {
  #announced = 0

  override copyIn(version: number, offset: number, source: Uint8Array): void {
    if (version !== this.#announced) {
      this.#announced = version
      this.storeIndex(version)
      this.memory.barrier('beforePayload')
    }
    super.copyIn(version, offset, source)
  }

  override publish(version: number): void {
    this.header(version)
    this.memory.barrier('beforePublish')
  }
}

/** The version itself, as a number: a mixture of two versions is a third one. */
export class PlainIndexCode extends IndexCode {
  override encode(version: number): bigint {
    return BigInt(version)
  }

  override encodeClosed(): bigint {
    return CLOSED_MARK
  }

  override decode(halves: Uint32Array, word: number): number {
    return versionAt(halves, word)
  }
}

/** A right owner whose index is a plain number. */
export function plainIndexPlacement(
  memory: LocalMemory,
  shape: SlotsShape,
  kernels: MemoryKernels,
): SlotsPlacement {
  return new SlotsPlacement(memory, shape, kernels, null, new PlainIndexCode(shape, kernels))
}
