// The small worlds in which the seqlock's negative controls are explored as a whole: large enough for
// the flaw to show under a model, and not larger. Invariant: a world is plain data.
import type { ControlWorkload, SeqlockControl } from '../../protocols/seqlock/index.ts'
import type { PayloadName } from '../protocol/payloads.ts'
import type { ProtocolScenarioOptions } from '../protocol/protocol-scenario.ts'
import { type SamplingChoice, samplingModel, samplingPresets } from '../sampling-model.ts'

/** Everything that a run depends on but the control, the model and the schedule. */
export interface ControlWorld extends Pick<
  ProtocolScenarioOptions,
  'ownerSteps' | 'readers' | 'attemptsMax' | 'bursts' | 'onlyBursts' | 'quiescent'
> {
  readonly payloadBytes: number
  readonly payload: PayloadName
  /** The owner died before it stored anything: readers find a page of zeros. */
  readonly neverWritten?: boolean
}

/** Something weaker than a control's claim, which does hold. */
export interface WeakerWorld {
  readonly claim: string
  readonly model: SamplingChoice
  readonly change: Partial<ControlWorld>
}

/** Tapes are for one control under one model. */
export function caseName(name: string, model: SamplingChoice): string {
  return typeof model === 'string' ? `${name} under ${model}` : name
}

/** Bytes of a payload in the smallest region with two granules that matter, by granule. */
const smallBytes: Readonly<Record<ControlWorkload, Readonly<Record<1 | 8 | 64, number>>>> = {
  writes: { 1: 2, 8: 16, 64: 56 },
  aborts: { 1: 2, 8: 16, 64: 56 },
  messages: { 1: 2, 8: 16, 64: 56 },
  'zero-page': { 1: 8, 8: 8, 64: 8 },
  // Words that change places in pairs, one pair within the second line.
  swaps: { 1: 16, 8: 16, 64: 64 },
  // A counter and tagged words.
  wraps: { 1: 8, 8: 8, 64: 8 },
}

const publish = { kind: 'publish' } as const
const wholeRead = [[{ kind: 'read' }]] as const

/** The small world of a control under a model. */
export function smallWorld(control: SeqlockControl, model: SamplingChoice): ControlWorld {
  const { name, layout, workload } = control
  const { atomicGranuleBytes } = samplingModel(model)
  // The lines layout has one line for so few bytes, and the tag is another word of it.
  const granule = layout === 'lines' && atomicGranuleBytes === 64 ? 8 : atomicGranuleBytes
  const payloadBytes = smallBytes[workload][granule]
  const base: ControlWorld = {
    payloadBytes,
    payload: 'certified',
    ownerSteps: [publish],
    readers: wholeRead,
    attemptsMax: name === 'header-kept' ? 2 : 1,
  }
  switch (workload) {
    case 'writes':
      return base
    case 'aborts':
      return { ...base, ownerSteps: [{ kind: 'abort', from: 0, length: 63 }] }
    case 'messages':
      return { ...base, payload: 'messages' }
    case 'zero-page':
      return { ...base, neverWritten: true }
    case 'swaps':
      return { ...base, payload: 'swapped-numbers' }
    case 'wraps':
      return { ...base, ...wrap(tagCount(control), atomicGranuleBytes === 64) }
  }
}

/** A world too large to be explored as a whole: several lines and packets, writes and reads. */
export function wideWorld(control: SeqlockControl): ControlWorld {
  return {
    payloadBytes: 120,
    payload: control.workload === 'messages' ? 'messages' : 'certified',
    ownerSteps: [publish, publish, publish],
    readers: [[{ kind: 'read' }, { kind: 'read' }, { kind: 'read' }]],
    attemptsMax: 2,
  }
}

/**
 * As many writes as the tags can count, all in one step. Where lines are sampled whole, the counter
 * and the last word are fetched by two READs.
 */
function wrap(writes: number, wholeLines: boolean): Partial<ControlWorld> {
  return {
    ownerSteps: Array.from({ length: writes }, () => publish),
    bursts: [writes],
    onlyBursts: true,
    readers: wholeLines ? [[{ kind: 'part', from: 63, length: 0 }]] : wholeRead,
  }
}

function tagCount({ name }: SeqlockControl): number {
  return 2 ** Number(name.slice('tags-'.length))
}

const ascendingOnce: SamplingChoice = { ...samplingPresets.sharedMemory, sampling: 'ascending' }

const quiet: WeakerWorld = {
  claim: 'where reads and writes take turns',
  model: 'minimal',
  change: { quiescent: true, bursts: [1], onlyBursts: true },
}
const ascending: WeakerWorld = {
  claim: 'where a READ ascends, and is never executed again',
  model: ascendingOnce,
  change: {},
}

/** What does hold of a control. */
export function weakerWorlds(control: SeqlockControl): readonly WeakerWorld[] {
  const model = 'minimal'
  switch (control.name) {
    case 'version-with-data':
    case 'version-then-data':
    case 'both-ends':
    case 'unversioned-hash':
      return [quiet, ascending]
    case 'header-kept':
      return [quiet, { claim: 'in a first attempt', model, change: { attemptsMax: 1 } }]
    case 'unfenced':
      return [quiet, { claim: 'where READs wait for one another', model: 'rxe', change: {} }]
    case 'no-barrier-after-odd':
    case 'no-barrier-before-even':
      return [quiet, { claim: 'where stores stay in order (TSO)', model: 'nicX86', change: {} }]
    case 'lines-on-words':
      return [quiet, { claim: 'where a line is sampled whole', model: 'nicX86', change: {} }]
    case 'abort-same-version':
      return [
        quiet,
        { claim: 'where no write is aborted', model, change: { ownerSteps: [publish] } },
      ]
    case 'unlengthed-hash': {
      const change = { payload: 'certified' } as const
      return [quiet, { claim: 'where all messages have one length', model, change }]
    }
    case 'additive-checksum':
    case 'xor-checksum': {
      const change = { payload: 'certified' } as const
      return [quiet, { claim: 'where no word changes places', model, change }]
    }
    case 'zero-seed-hash': {
      const change = { neverWritten: false }
      return [{ claim: 'where the region was written before it is read', model, change }]
    }
    case 'tags-4':
    case 'tags-8':
    case 'tags-16': {
      const change = { ownerSteps: [publish, publish], bursts: [], onlyBursts: false }
      return [
        { ...quiet, change: { ...quiet.change, ownerSteps: [publish, publish] } },
        { claim: 'where a READ meets fewer writes than tags can count', model, change },
      ]
    }
    default:
      return [quiet]
  }
}
