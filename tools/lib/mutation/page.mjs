// docs/mutation.md: what became of the mutants, as a page, and the same counts as a table in a
// terminal.

import { operators } from './mutators.mjs'
import { mutatedProtocols } from './protocols.mjs'

/** @typedef {import('../../mutation.mjs').Judged} Judged */

const columns = ['mutants', 'simulator', 'unit tests', 'time limit', 'survived']

/** @param {Judged[]} judged @returns {number[]} in the order of the columns */
function counts(judged) {
  const by = (/** @type {string | null} */ who) =>
    judged.filter(({ verdict }) => verdict.by === who).length
  return [judged.length, by('simulator'), by('unit tests'), by('time limit'), by(null)]
}

/**
 * @param {Judged[]} judged
 * @param {(judged: Judged) => string} nameOf
 * @returns {[string, ...number[]][]}
 */
function rowsBy(judged, nameOf) {
  const names = [...new Set(judged.map(nameOf))]
  return [
    ...names.map(
      (name) =>
        /** @type {[string, ...number[]]} */ ([
          name,
          ...counts(judged.filter((each) => nameOf(each) === name)),
        ]),
    ),
    ['all', ...counts(judged)],
  ]
}

const byFile = (/** @type {Judged} */ { mutant }) => `${mutant.protocol}/${mutant.file}.ts`
const byOperator = (/** @type {Judged} */ { mutant }) => mutant.operator

/** @param {Judged[]} judged @returns {string} for a terminal */
export function mutationTable(judged) {
  const rows = [['file', ...columns], ...rowsBy(judged, byFile)]
  return rows
    .map(
      ([name, ...cells]) =>
        `${name.padEnd(28)}${cells.map((cell) => String(cell).padStart(11)).join('')}\n`,
    )
    .join('')
}

/** @param {string} head @param {(string | number)[][]} rows */
function markdownTable(head, rows) {
  const line = (/** @type {(string | number)[]} */ cells) => `| ${cells.join(' | ')} |\n`
  const rule = line(['---', ...columns.map(() => '---:')])
  return [line([head, ...columns]), rule, ...rows.map(line)].join('')
}

const folders = Object.values(mutatedProtocols)
  .map(({ folder }) => `\`src/${folder}\``)
  .join(' and ')

const opening = `<!-- Made by \`npm run mutation -- --update\`: change tools/mutation-survivors.json, or tools/lib/mutation/page.mjs. -->

# Mutation check of the protocols

Would a mistake in the protocols be noticed? \`npm run mutation\` makes every small mistake of the
kinds listed below in the sound code of ${folders},
one at a time, and looks who notices:

1. the **simulator**: the strategies that the file is part of, under sampling models where they claim
   to be sound, in small worlds. Schedules are explored depth first up to a bound, and sampled; the
   suite is far smaller than that of \`npm test\`, so that it takes seconds;
2. for what that lets pass, the **unit tests** of the protocols;
3. or nobody within a **time limit**: such a mutant does not end, which nobody overlooks.

What none of them notices has **survived**, and is explained below or fails the command. Most of
the simulator's worlds run on CPUs that order stores only by barriers, so a barrier left out is found
there and not by unit tests on this machine.
`

/** @param {Judged[]} judged */
function survivors(judged) {
  /** @type {Map<string, string[]>} */
  const reasons = new Map()
  for (const { mutant, verdict, reason } of judged) {
    if (verdict.by !== null || reason === null) continue
    const [, around, , ...change] = mutant.key.split(' | ')
    const place = `\`${mutant.protocol}/${mutant.file}.ts\` line ${mutant.line}, \`${around}\``
    const list = reasons.get(reason) ?? []
    reasons.set(reason, list)
    list.push(`- ${place}: \`${change.join(' | ')}\`\n`)
  }
  return [...reasons].map(([reason, list]) => `\n${reason}\n\n${list.join('')}`).join('')
}

/** @param {Judged[]} judged @returns {string} the page */
export function mutationPage(judged) {
  const operatorRows = rowsBy(judged, byOperator).sort(([one], [other]) => rank(one) - rank(other))
  const told = operatorRows.map(([name, ...cells]) => [meaning(name), ...cells])
  return [
    opening,
    '\n## By file\n\n',
    markdownTable('file', rowsBy(judged, byFile)),
    '\n## By kind of mistake\n\n',
    markdownTable('mistake', told),
    '\n## Survivors\n',
    survivors(judged),
  ].join('')
}

/** @param {string} name */
const rank = (name) => {
  const index = Object.keys(operators).indexOf(name)
  return index < 0 ? Infinity : index
}

/** @param {string} name */
const meaning = (name) => (name in operators ? operators[/** @type {'branch'} */ (name)] : name)
