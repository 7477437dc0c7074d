// The probe's report, schema "untorn.probe/1" (docs/schemas/probe-1.json).
import type { Device } from '../../src/fabric/contract.ts'
import type { Capabilities, ProviderName } from '../../src/fabric/capabilities.ts'
import {
  type ProbeJudgement,
  type ProbeObservation,
  judgeGuarantees,
  lowerCapabilities,
} from '../../src/fabric/probe.ts'
import { type BenchEnvironment, describeEnvironment } from './environment.ts'

export const PROBE_SCHEMA = 'untorn.probe/1'

export interface ProbeReport {
  readonly schema: typeof PROBE_SCHEMA
  readonly device: {
    readonly name: string
    readonly provider: ProviderName
    readonly driver: string
  }
  readonly environment: BenchEnvironment
  readonly observations: readonly ProbeObservation[]
  /** Refuted guarantees, those that nobody claimed as well. */
  readonly refuted: readonly Omit<ProbeJudgement, 'refuted'>[]
  readonly capabilities: {
    readonly claimed: Capabilities
    /** The claimed ones when nothing of them was refuted. */
    readonly lowered: Capabilities
  }
}

export function probeReport(
  device: Pick<Device, 'name' | 'provider' | 'info' | 'capabilities'>,
  observations: readonly ProbeObservation[],
): ProbeReport {
  const claimed = device.capabilities
  return {
    schema: PROBE_SCHEMA,
    device: { name: device.name, provider: device.provider, driver: device.info.driver },
    environment: describeEnvironment(),
    observations,
    refuted: judgeGuarantees(claimed, observations)
      .filter(({ refuted }) => refuted)
      .map(({ guarantee, claimed: isClaimed, sentence }) => ({
        guarantee,
        claimed: isClaimed,
        sentence,
      })),
    capabilities: { claimed, lowered: lowerCapabilities(claimed, observations) },
  }
}

/** Whether a guarantee was refuted that the device's capabilities claim. */
export function refutesClaim(report: ProbeReport): boolean {
  return report.refuted.some(({ claimed }) => claimed)
}
