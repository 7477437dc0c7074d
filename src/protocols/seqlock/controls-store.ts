// Negative controls whose owners store in a wrong order, or whose units of proof are too small,
// under readers that are right.
import {
  NoBarrierAfterOddPlacement,
  NoBarrierBeforeEvenPlacement,
  NoOddPhasePlacement,
  SameVersionAbortPlacement,
  ShortTagPlacement,
  TagFirstLinesPlacement,
} from './control-placements.ts'
import { ShortTagReader } from './control-readers.ts'
import {
  type SeqlockControl,
  type SeqlockControlName,
  control,
  everywhere,
  oneImage,
  ownerControl,
} from './control.ts'
import { LinesReader } from './reader-lines.ts'
import { seqlockStrategies } from './strategies.ts'

export const ownerControls: readonly SeqlockControl[] = [
  ownerControl(
    {
      name: 'no-odd-phase',
      claim: 'a version that moves after the payload is enough',
      looksRight: 'Every write moves the version, and the reader compares it.',
      interleaving: 'both versions and a half-stored payload inside one write',
      caughtUnder: everywhere,
    },
    NoOddPhasePlacement,
  ),
  ownerControl(
    {
      name: 'no-barrier-after-odd',
      claim: 'stores become visible in program order',
      looksRight: 'They do on x86, and nearly always elsewhere.',
      interleaving: 'payload visible before the odd mark',
      caughtUnder: ['minimal', 'bytes'],
    },
    NoBarrierAfterOddPlacement,
  ),
  ownerControl(
    {
      name: 'no-barrier-before-even',
      claim: 'stores become visible in program order',
      looksRight: 'They do on x86, and nearly always elsewhere.',
      interleaving: 'even version visible before the last payload words',
      caughtUnder: ['minimal', 'bytes'],
    },
    NoBarrierBeforeEvenPlacement,
  ),
  ownerControl(
    {
      name: 'abort-same-version',
      claim: 'restoring the old bytes restores the old version',
      looksRight:
        'Bytes and version are what they were: nobody can tell the difference afterwards.',
      interleaving: 'payload sampled during the aborted write, versions before and after it',
      caughtUnder: everywhere,
      workload: 'aborts',
    },
    SameVersionAbortPlacement,
  ),
]

export const unitControls: readonly SeqlockControl[] = [
  {
    ...seqlockStrategies.lines,
    name: 'lines-on-words',
    claim: 'a 64-byte line is sampled in one piece',
    looksRight: 'It is, where a NIC reads whole cache lines: the strategy `lines` is sound there.',
    interleaving: 'tag sampled old, a later word of the line sampled new',
    caughtUnder: ['sharedMemory', 'rxe', 'minimal', 'bytes'],
    workload: 'writes',
    bench: false,
  },
  control(
    {
      name: 'lines-tag-first',
      claim: 'the new tag may be stored before the bytes it stands for',
      looksRight: 'Tags of all lines are compared, and a line arrives in one piece.',
      interleaving: 'line sampled with new tag and old bytes',
      caughtUnder: everywhere,
    },
    'lines',
    (memory, shape) => new TagFirstLinesPlacement(memory, shape),
    (shape, kernels) => new LinesReader(shape, kernels),
    oneImage,
  ),
  shortTags('tags-4', 4),
  shortTags('tags-8', 8),
  shortTags('tags-16', 16),
]

function shortTags(name: SeqlockControlName, tagBits: number): SeqlockControl {
  return control(
    {
      name,
      claim: `${tagBits} bits of version in every word are enough`,
      looksRight: `A READ would have to last as long as ${2 ** tagBits} writes.`,
      interleaving: `words of version v and of v + ${2 ** (tagBits + 1)} in one READ`,
      caughtUnder: everywhere,
      workload: 'wraps',
    },
    'words',
    (memory, shape) => new ShortTagPlacement(memory, shape, tagBits),
    (shape, kernels) => new ShortTagReader(shape, kernels, tagBits),
    oneImage,
  )
}
