// Runs any reader machine, sound or not, one attempt at a time: for benches and experiments that
// want to see every outcome. Regions proper go through their opener.
import type { Device, MemoryRegion, QueuePair } from '../fabric/contract.ts'
import { Status } from '../fabric/status.ts'
import {
  Evidence,
  type EvidenceCode,
  type ReaderMachine,
  type ReadRequest,
  Verdict,
  type VerdictCode,
} from '../protocols/machine.ts'
import { attemptSync } from './drivers/attempt.ts'
import { RingSink } from './operation-sink.ts'

/** Where a machine reads from: a part of a RemoteBinding. */
export interface MachineBinding {
  readonly device: Device
  readonly queuePair: QueuePair
  readonly remoteHandle: number
}

export class MachineRunner implements AsyncDisposable {
  readonly machine: ReaderMachine
  /** How the last attempt ended; meaningless when `status` is not 0. */
  verdict: VerdictCode = Verdict.Retry
  /** Version of the last snapshot, or the last one seen. */
  version = 0
  /** Why the last attempt ended with Retry. */
  evidence: EvidenceCode = Evidence.None
  /** Status of the last attempt's operations: 0, or the first that failed. */
  status: number = Status.Success
  readonly #queuePair: QueuePair
  readonly #sink: RingSink
  readonly #landing: MemoryRegion
  readonly #request: ReadRequest

  /**
   * Binds a machine to landing memory of its own.
   * @param payloadBytes what `run` reads
   * @throws UntornError when landing memory cannot be registered
   */
  constructor(binding: MachineBinding, machine: ReaderMachine, payloadBytes: number) {
    this.machine = machine
    this.#queuePair = binding.queuePair
    this.#landing = binding.device.allocate(machine.landingBytes)
    machine.bind(this.#landing.slice(0, machine.landingBytes))
    const { queuePair, remoteHandle } = binding
    this.#sink = new RingSink(queuePair, remoteHandle, this.#landing.handle, 0)
    const target = new Uint8Array(payloadBytes)
    this.#request = { target, offset: 0, lengthBytes: payloadBytes, knownVersion: 0 }
  }

  /** Receives the payload when the verdict is Done; the same array every time. */
  get bytes(): Uint8Array {
    return this.#request.target
  }

  /**
   * One attempt, spinning at most `budgetUs` for each chain. Returns the verdict and sets the
   * fields. After Status.Pending the landing memory is still being written: `close` the queue pair.
   */
  run(knownVersion: number = 0, budgetUs: number = 10_000_000): VerdictCode {
    const { machine } = this
    this.#request.knownVersion = knownVersion
    machine.start(this.#request)
    const outcome = attemptSync(machine, this.#sink, this.#queuePair, budgetUs)
    this.status = outcome < 0 ? -outcome : Status.Success
    this.verdict = outcome < 0 ? Verdict.Retry : (outcome as VerdictCode)
    this.version = machine.version
    this.evidence = outcome < 0 ? Evidence.None : machine.evidence
    return this.verdict
  }

  /** Gives back the landing memory. Idempotent. */
  async close(): Promise<void> {
    await this.#landing.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
