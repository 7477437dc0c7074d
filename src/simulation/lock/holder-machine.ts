// A holder's machines over one landing memory, as a seat of src/regions has them: what the acquisition
// fetched is what a discard seals again.
import type { LockAcquire, LockRelease } from '../../protocols/lock/index.ts'
import type {
  EvidenceCode,
  RemoteMachine,
  RemoteSink,
  VerdictCode,
} from '../../protocols/machine.ts'

export class HolderMachine implements RemoteMachine {
  readonly landingBytes: number
  readonly acquire: LockAcquire
  readonly release: LockRelease
  #present: LockAcquire | LockRelease

  constructor(acquire: LockAcquire, release: LockRelease) {
    this.acquire = acquire
    this.release = release
    this.landingBytes = Math.max(acquire.landingBytes, release.landingBytes)
    this.#present = acquire
  }

  get evidence(): EvidenceCode {
    return this.#present.evidence
  }

  get version(): number {
    return this.#present.version
  }

  bind(landing: Uint8Array): void {
    this.acquire.bind(landing)
    this.release.bind(landing)
  }

  /** What is run next. */
  switchTo(machine: LockAcquire | LockRelease): void {
    this.#present = machine
  }

  begin(sink: RemoteSink): void {
    this.#present.begin(sink)
  }

  resume(sink: RemoteSink): VerdictCode {
    return this.#present.resume(sink)
  }
}
