// docs/negative-controls.md: the negative controls as a page. Texts here and from the controls'
// tables, verdicts and counterexamples from exploring them.

/** @typedef {import('../../src/simulation/controls/run-controls.ts').ControlResult} Result */

/**
 * What an entry is made with: the simulator, built or as source.
 *
 * @typedef {{
 *   failedRunOf: (control: any, preset: string) => any,
 *   formatReport: (run: any) => string,
 *   foldStores: (report: string) => string,
 *   renderTimeline: (run: any) => string,
 * }} Library
 */

/**
 * @typedef {{
 *   name: string, subject: string, claim: string, looksRight: string, interleaving: string, worlds: string[],
 *   result: Result, preset: string, tape: string, report: string | null,
 * }} PageEntry
 */

/** Controls that are drawn as well: how they go wrong is worth seeing. */
const drawn = ['version-with-data', 'unfenced', 'lock-unchecked', 'no-barrier-before-even']

/** Thousands of stores in one step tell no more than the sixteen of `tags-4`. */
const likeTags4 = ['tags-8', 'tags-16']

/** Hundreds of publications that only count. */
const folded = ['plain-index']

const opening = `<!-- Made by tools/controls.mjs from the tables of negative controls: change those, or tools/lib/controls-page.mjs. -->

# Negative controls

Protocols that look right and are not. Each is implemented beside the right ones, differs from them in
one step, and is run by the same simulator: a checker that finds nothing in the sound strategies is
worth something only if it finds what is wrong with these.

## How to read it

- Every control was explored under every preset of the sampling models, in a small world, schedule by
  schedule. A kind of violation says that it was **caught**: _torn_ bytes that no version ever had,
  _mislabelled_ bytes of one version under the number of another, or _stale_ ones, older than the read
  may return; an object that was _reclaimed_ while somebody relied on it, _two-holders_ of a lock, or
  results that no order of the calls explains (_not-linearizable_). The number is that of schedules run
  until then, depth first, or, where the story is long, random ones of a fixed seed. A dash says that
  **all** schedules were run, so many, and none was wrong.
- _Not explored_ is what has too many steps byte by byte. It has all that \`minimal\` has.
- _Mixed_ is how many schedules strategy \`mixed\` took, at random, with the slowest of 50 seeds: the
  measured probability of catching the control within so many is above 0.99. Where one mixture of
  bytes, or one story of pins and scans, in very many shows anything, there is no such number.
- The counterexample is the smallest that shrinking reaches, under the strongest model that has one.
  Values are little-endian words, \`v4\` is version 4, \`#2\` the second operation; \`>\` marks the two
  samples that no version explains together, \`*\` the store between them.
- What holds after all was explored as a whole, too.

A report can be had again from its tape, with \`node tools/controls.mjs --show NAME PRESET TAPE\` or by a
program:

<!-- example -->

\`\`\`js
import { loadHash, portableKernels } from 'untorn/protocols'
import { controlCases, failedRunOf, formatReport } from 'untorn/simulation'
const control = controlCases(portableKernels(await loadHash())).get('unfenced')
process.stdout.write(formatReport(failedRunOf(control, 'nicX86', 'UNFENCED_TAPE')))
\`\`\`
`

/** @param {Library} library @param {any} control @param {Result} result @returns {PageEntry} */
export function pageEntry(library, control, result) {
  const { name, subject, claim, looksRight, interleaving, caughtUnder } = control
  const preset = caughtUnder[0]
  const run = library.failedRunOf(control, preset)
  return {
    name,
    subject,
    claim,
    looksRight,
    interleaving,
    worlds: worldsOf(control, Object.keys(result.presets)),
    result,
    preset,
    tape: run.tape,
    report: likeTags4.includes(name) ? null : reportOf(library, name, run),
  }
}

/** @param {Library} library @param {string} name @param {any} run @returns {string} */
function reportOf(library, name, run) {
  const report = library.formatReport(run)
  return folded.includes(name) ? library.foldStores(report) : report
}

/** @param {any} control @param {string[]} presets @returns {string[]} each with its presets */
function worldsOf(control, presets) {
  /** @type {Map<string, string[]>} */
  const worlds = new Map()
  for (const preset of presets) {
    if (control.tooLarge?.(preset) === true) continue
    const world = control.describe(preset)
    worlds.set(world, [...(worlds.get(world) ?? []), preset])
  }
  if (worlds.size === 1) return [...worlds.keys()]
  return [...worlds].map(([world, names]) => `${world} (${names.join(', ')})`)
}

/** @param {Library} library @param {Map<string, any>} controls @returns {[string, string][]} */
export function controlImages(library, controls) {
  return drawn.map((name) => {
    const control = controls.get(name)
    return [
      imageName(name),
      library.renderTimeline(library.failedRunOf(control, control.caughtUnder[0])),
    ]
  })
}

/** @param {string} name @returns {string} */
const imageName = (name) => `control-${name}.svg`

/** @param {readonly PageEntry[]} entries @returns {string} */
function matrix(entries) {
  const presets = Object.keys(entries[0]?.result.presets ?? {})
  const lines = entries.map(({ name, subject, result }) => {
    const cells = Object.values(result.presets).map(({ caught, schedules }) => {
      if (schedules === 0) return 'not explored'
      return caught === null ? `– (${schedules})` : `**${caught}** (${schedules})`
    })
    return `| [${name}](#${name}) | ${subject} | ${cells.join(' | ')} |`
  })
  const rule = `| --- | --- |${' --- |'.repeat(presets.length)}`
  return [`| control | of | ${presets.join(' | ')} |`, rule, ...lines].join('\n')
}

/** @param {Result} result @returns {string} */
function cellTable({ presets }) {
  const names = Object.keys(presets)
  const cells = Object.values(presets)
  const row = (/** @type {string} */ title, /** @type {(string | number)[]} */ values) =>
    `| ${title} | ${values.join(' | ')} |`
  return [
    row('', names),
    `| --- |${' --- |'.repeat(names.length)}`,
    row(
      'caught',
      cells.map(({ caught, schedules }) => caught ?? (schedules === 0 ? 'not explored' : '–')),
    ),
    row(
      'schedules',
      cells.map(({ schedules }) => schedules),
    ),
    row(
      'mixed',
      cells.map(({ mixedWithin }) => mixedWithin ?? '–'),
    ),
  ].join('\n')
}

/** @param {PageEntry} entry @returns {string} */
function section(entry) {
  const { name, subject, claim, looksRight, interleaving, worlds, result } = entry
  const { preset, tape, report } = entry
  const weaker = Object.entries(result.weaker).map(
    ([what, schedules]) => `- ${what} (${schedules} schedules)`,
  )
  const image = drawn.includes(name)
    ? ['', `![Timeline of the counterexample of ${name}](images/${imageName(name)})`]
    : []
  const show = `node tools/controls.mjs --show ${name} ${preset} ${tape}`
  const told =
    report === null
      ? ['', 'It goes wrong like [tags-4](#tags-4), only later.']
      : [
          '',
          '<details>',
          `<summary>Counterexample under ${preset}</summary>`,
          '',
          '```text',
          report.trimEnd(),
          '```',
          '',
          '</details>',
        ]
  return [
    `### ${name}`,
    '',
    `**Claim:** ${claim}. **Why it looks right:** ${looksRight}`,
    `**What goes wrong:** ${interleaving}.`,
    '',
    cellTable(result),
    '',
    `Of: ${subject}. World: ${worlds.join('; ')}.`,
    '',
    'It does hold',
    '',
    ...weaker,
    ...image,
    ...told,
    '',
    '```sh',
    show,
    '```',
  ].join('\n')
}

/** @param {readonly PageEntry[]} entries @returns {string} the page, as prettier has not seen it yet */
export function controlsPage(entries) {
  const shown = entries.find(({ name }) => name === 'unfenced')
  const head = opening.replace('UNFENCED_TAPE', shown?.tape ?? '')
  const sections = entries.map(section).join('\n\n')
  return `${head}\n## Who is caught where\n\n${matrix(entries)}\n\n## The controls\n\n${sections}\n`
}
