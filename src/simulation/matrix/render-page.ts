// docs/safety-matrix.md: what the matrix says, for people. Invariant: figures and reports come from
// the evidence; a claim in the prose is one that test/property/safety-matrix.test.ts checks.
import type { MemoryKernels } from '../../protocols/local-memory.ts'
import { replay } from '../replay.ts'
import { foldStores } from '../report/fold-stores.ts'
import { formatReport } from '../report/text-report.ts'
import type { Violation } from '../scenario.ts'
import { cellName } from './cells.ts'
import type { SafetyEvidence } from './compute-matrix.ts'
import { scenarioOf } from './explore-cell.ts'
import type { MatrixSubject } from './matrix-subject.ts'
import {
  effortTable,
  markdown,
  needsTable,
  presetCellTable,
  presetTable,
  strongestCounterexample,
  unsoundTable,
  verdictTable,
  worldTable,
} from './page-tables.ts'
import { matrixProtocols, matrixSubjects, worldOf } from './subjects.ts'

const protocolLinks = matrixProtocols
  .map(
    ({ title, page }) =>
      `[${title.replace(/^[A-Z](?=[a-z])/, (first) => first.toLowerCase())}](${page})`,
  )
  .join(', ')

const opening = `<!-- Made by \`npm run matrix\` from explorations: change src/simulation/matrix instead. -->

# Safety matrix

Which strategy of which protocol (${protocolLinks}) is
sound on which memory. Not by argument:
every entry was computed by running owner and reader over the simulator's memory, under every schedule
of a set of small worlds. The chooser reads this table (\`src/regions/safety-matrix.ts\`), and refuses
what is unsound.

A **cell** is a combination of what the soundness of a reader can depend on: the granule, the order in
which one READ samples, whether READs are replayed, whether READs of one queue pair stay in order, and
whether the owner's CPU keeps its stores in order (\`tso\`) or not (\`weak\`). What else a sampling model
says is about WRITEs and atomics, which these readers do not use.

- **sound**: all schedules of all worlds were explored, and no read returned what it must not: bytes of
  no version, bytes under a wrong version, older bytes than it may.
- **sampled**: no schedule that was explored is wrong, but some worlds have too many to explore all.
  The chooser takes it for sound; the strategy's argument has to carry what the samples do not.
- **unsound**: here is a schedule that is wrong.

Small worlds prove nothing about large ones by themselves. They are chosen so that every way in which
a strategy could go wrong that we know of fits into one; the argument for all sizes is the numbered one
beside the code.
`

const bytes = `
## A seqlock in memory that is sampled byte by byte

Granule 1 is not academic: [rxe](rxe.md) on a CPU with \`erms\` or \`fsrm\` copies with \`rep movsb\`, whose
unit is a byte, and on an emulated CPU aligned words are seen torn. The same holds for any copy nobody
knows the code of. **Of the seqlock's strategies only \`hash\` survives**: it compares what was sampled with
a proof of the bytes themselves, so it does not matter in what pieces, in what order, or how often they were sampled; a mixture of two
images has the seal of neither, but with probability 2⁻⁶⁴. "Unchanged" is decided by the seal as well,
because at granule 1 a version word can be a mixture that equals an older version.

The other three compare words that they take to be whole. \`words\` and \`lines\` fall to a single write.
\`fenced\` does not: its first version word has to be a mixture that a later version really equals, which
takes a carry into the next byte and 128 writes in one read. Ascending copies need it upwards, descending
ones downwards. It is as rare as that sounds, which makes it worse: no test on a device finds it, and
so such a device is refused. \`words\` comes close to surviving copies that descend, on a CPU that
keeps stores in order: the counter word is then sampled last and stored first, so a whole read in one
packet sees any write that it overlapped. A read of a part is two READs, and there it ends.
`

const slotBytes = `
## Versioned slots there

Both strategies survive: the index word is encoded by a keyed one-to-one mapping, so that a mixture of the
bytes of two indices is no third index, but with probability 2⁻⁶⁴. \`fenced\` then needs nothing else of
the hardware, because it never looks at a word of the slot to judge the slot.
`

const cellBytes = `
## An RCU cell there

A read without a pin survives as well, for the same reason: the word is encoded, and the object says which
word published it, so a mixture of two words finds no object that is its own. The row is about such reads. A
reader with a pin relies on the owner's grace periods, and on its WRITE being placed before its READ is
executed, which every reliable connection promises; that is explored in worlds of active parties
(\`test/property/cell-*.test.ts\`).
`

const locked = `
## Locked regions

A [locked region](protocols/locked.md) has no rows: the chooser takes the seqlock's of the same name. Its
readers are those of a seqlock, over the same layout. Its writers are not CPUs but queue pairs, whose every
publication is WRITEs and a compare-and-swap in the order in which they were posted: each WRITE is placed
before anything later on its queue pair touches the memory. That is the order which the seqlock's owner has
from its barriers, and the pieces of one WRITE land in any order, as the stores between two barriers of a weak
CPU become visible. So whatever schedule of stores readers of a locked region meet, they meet it in the
column \`cpu weak\` of the seqlock, where \`fenced\` is sound at granules 8 and 64, and \`hash\` everywhere; of the
column \`cpu tso\` the same is true. What holders do to one
another is explored with them, under every preset: \`test/property/lock-*.test.ts\`.
`

const recompute = `
## How to recompute it

    npm run matrix              # explores, writes the table, the evidence and this page
    npm run matrix -- --check   # explores, and fails when anything differs from what is checked in

It takes a minute or two of one core. All numbers are counts, none is a time, and bounds count
schedules: the same code gives the same bytes anywhere. The evidence, with the tape of every counterexample,
is [safety-matrix.json](safety-matrix.json). \`test/property/safety-matrix.test.ts\` recomputes the cells
of all presets, and some others that the seed chooses; with \`UNTORN_MATRIX=all\`, as CI does, all of them.
It also sees that the worlds catch the wrong protocols of every \`controls.ts\` where they are wrong.

Not everything is run twice. Where sampling is arbitrary, replays show nothing that a late sample
does not, and a strategy whose chains are one READ has no READs to reorder: such cells are one and the
same experiment.
`

/** Text of the page, before prettier. */
export function renderPage(evidence: SafetyEvidence, kernels: MemoryKernels): string {
  return [
    opening,
    section('Verdicts', verdictTable(evidence)),
    'The least granule that a strategy needs is therefore what it says of itself:',
    markdown(needsTable()),
    section('Presets', presetTable(evidence)),
    markdown(presetCellTable()),
    bytes,
    slotBytes,
    cellBytes,
    locked,
    section('Where a strategy breaks', unsoundTable(evidence)),
    '## Counterexamples',
    'For each strategy that is unsound somewhere, in the cell with the strongest other guarantees.',
    ...matrixSubjects.flatMap((subject) => counterexampleSection(evidence, subject, kernels)),
    '## Worlds',
    ...matrixProtocols.flatMap(({ protocol, title }) => [
      `### ${title}`,
      markdown(worldTable(protocol)),
    ]),
    section('How much was explored', effortTable(evidence)),
    '`schedules` includes those that prove a cell unsound. Worlds behind a violated one are not explored.',
    recompute,
  ].join('\n\n')
}

function section(title: string, table: Parameters<typeof markdown>[0]): string {
  return `## ${title}\n\n${markdown(table)}`
}

function counterexampleSection(
  evidence: SafetyEvidence,
  subject: MatrixSubject,
  kernels: MemoryKernels,
): readonly string[] {
  const strongest = strongestCounterexample(evidence, subject)
  if (strongest === null) return []
  const { cell, found } = strongest
  const scenario = scenarioOf(subject, cell, worldOf(subject, found.world), kernels)
  const { end, trace } = replay(scenario, found.tape)
  const violation: Violation = end.violation ?? { kind: 'none', message: 'the tape does not fail' }
  const { name: scenarioName, model } = scenario
  const report = formatReport({ scenarioName, violation, tape: found.tape, model, trace })
  return [
    `### ${subject.protocol} \`${subject.strategy}\` in cell ${cellName(cell)}`,
    `\`\`\`text\n${foldStores(report)}\`\`\``,
  ]
}
