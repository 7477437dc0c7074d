// How an attempt of a reader ends. Made by `io.accept`, `io.retry`, `io.closed`; nothing else counts.
import { type EvidenceCode, Evidence, Verdict, type VerdictCode } from '../protocols/machine.ts'

export class Outcome {
  readonly verdict: VerdictCode
  readonly evidence: EvidenceCode
  readonly bytes: Uint8Array | null
  readonly version: number

  private constructor(
    verdict: VerdictCode,
    evidence: EvidenceCode,
    bytes: Uint8Array | null,
    version: number,
  ) {
    this.verdict = verdict
    this.evidence = evidence
    this.bytes = bytes
    this.version = version
  }

  static accepted(bytes: Uint8Array, version: number): Outcome {
    return new Outcome(Verdict.Done, Evidence.None, bytes, version)
  }

  static retried(evidence: EvidenceCode): Outcome {
    return new Outcome(Verdict.Retry, evidence, null, 0)
  }

  static closed(): Outcome {
    return new Outcome(Verdict.Closed, Evidence.None, null, 0)
  }
}
