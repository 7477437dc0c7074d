// What observations of a live device prove about its guarantees. A probe can only refute: a tear
// that was seen shows that a guarantee does not hold, and none seen shows nothing. Capabilities are
// therefore only ever lowered here. Pure; the bench that makes observations is bench/probe.ts.
import type { AtomicGranuleBytes, Capabilities } from './capabilities.ts'

/**
 * What the owner stored while READs were made, flat out and one whole aligned 64-bit word at a time:
 * all zeros and all ones in turn (`toggle`), or a count of the passes, from both ends of the block
 * towards its middle, beginning with the lowest word (`low-first`) or the highest (`high-first`).
 */
export type ProbePattern = 'toggle' | 'low-first' | 'high-first'

/** READs of one length against an owner that stores one pattern. */
export interface ProbeObservation {
  readonly pattern: ProbePattern
  /** Of each READ, and of the block that the owner stores. */
  readonly lengthBytes: number
  readonly durationSeconds: number
  /** How often the owner stored the whole block meanwhile. */
  readonly passes: number
  readonly reads: number
  /** READs that returned more than one value: they met the owner's stores. */
  readonly mixedReads: number
  /** READs that held a word which was never stored: pieces of several stores. */
  readonly tornWordReads: number
  readonly tornWords: number
  /**
   * READs that held an aligned 64-byte line whose words can not have been sampled at one instant,
   * whatever the owner had stored by then. A line of two values alone is no such line: the owner
   * stores it word by word.
   */
  readonly tornLineReads: number
  readonly tornLines: number
  /** READs in which a higher address was certainly sampled later than a lower one. */
  readonly ascendingReads: number
  /** READs in which a lower address was certainly sampled later than a higher one. */
  readonly descendingReads: number
}

export type ProbedGuarantee = 'granule 8' | 'granule 64' | 'ascending sampling'

export interface ProbeJudgement {
  readonly guarantee: ProbedGuarantee
  /** Whether the capabilities claim it. */
  readonly claimed: boolean
  readonly refuted: boolean
  /** What was seen, in one sentence. */
  readonly sentence: string
}

type EventKey = 'tornWordReads' | 'tornLineReads' | 'descendingReads'

interface GuaranteeRule {
  readonly guarantee: ProbedGuarantee
  readonly claims: (capabilities: Capabilities) => boolean
  /** Counts of READs that refute it, each with what such a READ did. */
  readonly refutations: readonly (readonly [EventKey, string])[]
}

const tornWord = ['tornWordReads', 'held a torn word'] as const
const tornLine = ['tornLineReads', 'held a torn line'] as const

const rules: readonly GuaranteeRule[] = [
  {
    guarantee: 'granule 8',
    claims: ({ atomicGranuleBytes }) => atomicGranuleBytes >= 8,
    refutations: [tornWord],
  },
  {
    guarantee: 'granule 64',
    claims: ({ atomicGranuleBytes }) => atomicGranuleBytes >= 64,
    // A line that holds a torn word is torn.
    refutations: [tornLine, tornWord],
  },
  {
    guarantee: 'ascending sampling',
    claims: ({ sampling }) => sampling === 'ascending',
    refutations: [['descendingReads', 'sampled a higher address before a lower one']],
  },
]

/** Each guarantee that a probe can refute, weakest granule first, and whether it did. */
export function judgeGuarantees(
  claimed: Capabilities,
  observations: readonly ProbeObservation[],
): readonly ProbeJudgement[] {
  return rules.map(({ guarantee, claims, refutations }) => {
    const seen = refutations.map(([key, what]) => counted(observations, key, what))
    const first = seen.find((sentence) => sentence !== null)
    const sentence =
      first === undefined || first === null
        ? `${guarantee} not seen to fail in ${number(total(observations, 'reads'))} READs`
        : `${guarantee} refuted: ${first}`
    return { guarantee, claimed: claims(claimed), refuted: first !== undefined, sentence }
  })
}

/**
 * `claimed` without the guarantees that `observations` refute, and with the sentences that say so;
 * `claimed` itself when they refute none of it. For `openDevice(name, { capabilities })`.
 */
export function lowerCapabilities(
  claimed: Capabilities,
  observations: readonly ProbeObservation[],
): Capabilities {
  const lost = judgeGuarantees(claimed, observations).filter(
    (judgement) => judgement.claimed && judgement.refuted,
  )
  if (lost.length === 0) return claimed
  const isLost = (guarantee: ProbedGuarantee): boolean =>
    lost.some((judgement) => judgement.guarantee === guarantee)
  const granule = loweredGranule(claimed.atomicGranuleBytes, isLost)
  const evidence: string[] = []
  let kept = claimed.evidence
  if (granule !== claimed.atomicGranuleBytes) {
    const reason = lost.find(({ guarantee }) => guarantee.startsWith('granule'))?.sentence
    evidence.push(`granule ${granule}: a probe of this device: ${reason}`)
    kept = kept.filter((sentence) => !sentence.startsWith('granule'))
  }
  const sampling = isLost('ascending sampling') ? 'arbitrary' : claimed.sampling
  if (sampling !== claimed.sampling) {
    const reason = lost.find(({ guarantee }) => guarantee === 'ascending sampling')?.sentence
    evidence.push(`sampling: a probe of this device: ${reason}`)
    kept = kept.filter((sentence) => !sentence.startsWith('sampling'))
  }
  return {
    ...claimed,
    atomicGranuleBytes: granule,
    sampling,
    evidence: [...evidence, ...kept],
  }
}

function loweredGranule(
  claimed: AtomicGranuleBytes,
  isLost: (guarantee: ProbedGuarantee) => boolean,
): AtomicGranuleBytes {
  if (isLost('granule 8')) return 1
  return isLost('granule 64') ? 8 : claimed
}

/** "3 of 50 64-byte READs, and 4 of 60 4,096-byte READs did it"; null when none did. */
function counted(
  observations: readonly ProbeObservation[],
  key: EventKey,
  what: string,
): string | null {
  const lengths = [...new Set(observations.map(({ lengthBytes }) => lengthBytes))]
  const parts = lengths.flatMap((lengthBytes) => {
    // Only patterns that did show it, so that the share is that of the READs that could.
    const same = observations.filter(
      (observation) => observation.lengthBytes === lengthBytes && observation[key] > 0,
    )
    if (same.length === 0) return []
    const share = `${number(total(same, key))} of ${number(total(same, 'reads'))}`
    return [`${share} ${number(lengthBytes)}-byte READs`]
  })
  return parts.length === 0 ? null : `${parts.join(', and ')} ${what}`
}

function total(observations: readonly ProbeObservation[], key: EventKey | 'reads'): number {
  return observations.reduce((sum, observation) => sum + observation[key], 0)
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}
