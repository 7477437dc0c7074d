// Everything one read in progress needs: a machine, its landing memory, its sink, its request.
// Invariant: a slot serves one read at a time, and not before the operations of the read before
// have completed, because until then they may still write its landing memory.
import type { MemoryRegion } from '../fabric/contract.ts'
import type { ReaderMachine, ReadRequest } from '../protocols/machine.ts'
import type { RemoteBinding } from './contract.ts'
import { RingSink } from './operation-sink.ts'
import { RetryLog } from './retry-policy.ts'

const NO_BYTES = new Uint8Array(0)

export class ReadSlot {
  readonly machine: ReaderMachine
  readonly sink: RingSink
  readonly request: ReadRequest & { wantedVersion: number } = {
    target: NO_BYTES,
    offset: 0,
    lengthBytes: 0,
    knownVersion: 0,
    wantedVersion: 0,
  }
  readonly retries: RetryLog = new RetryLog()
  #binding: RemoteBinding
  #payload: Uint8Array | null = null

  /** @param landingOffset where the slot's part of `landing` begins, bytes, a multiple of 64 */
  constructor(
    machine: ReaderMachine,
    binding: RemoteBinding,
    landing: MemoryRegion,
    landingOffset: number,
  ) {
    machine.bind(landing.slice(landingOffset, machine.landingBytes))
    this.machine = machine
    this.#binding = binding
    this.sink = new RingSink(binding.queuePair, binding.remoteHandle, landing.handle, landingOffset)
  }

  get binding(): RemoteBinding {
    return this.#binding
  }

  /** The whole payload where it lands; of its own memory where it lands interleaved. */
  payload(lengthBytes: number): Uint8Array {
    this.#payload ??= this.machine.payloadView ?? new Uint8Array(lengthBytes)
    return this.#payload
  }

  /** After a read into `payload` that ended with Done: what landed of it, as long as it is. */
  landed(): Uint8Array {
    const payload = this.#payload ?? NO_BYTES
    const { resultBytes } = this.machine
    return resultBytes === undefined ? payload : payload.subarray(0, resultBytes)
  }

  /** Sets the read to do. Nothing of an earlier one may still be in flight. */
  start(
    binding: RemoteBinding,
    target: Uint8Array,
    offset: number,
    lengthBytes: number,
    knownVersion: number,
    wantedVersion: number,
  ): void {
    if (binding !== this.#binding) {
      this.#binding = binding
      this.sink.bind(binding.queuePair, binding.remoteHandle)
    }
    const request = this.request
    request.target = target
    request.offset = offset
    request.lengthBytes = lengthBytes
    request.knownVersion = knownVersion
    request.wantedVersion = wantedVersion
    this.machine.start(request)
  }

  /** Lets go of the caller's memory. */
  rest(): void {
    this.request.target = NO_BYTES
  }
}
