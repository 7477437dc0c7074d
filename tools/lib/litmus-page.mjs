// docs/litmus.md: the litmus suite as a page. Texts here, programs and verdicts from the suite and
// from what its exploration gave.

/**
 * @typedef {{
 *   id: string, about: string, program: string, why?: string, spec: { memory?: readonly string[] },
 *   judged: readonly Record<string, number>[], variants?: readonly { name: string }[],
 * }} PageEntry
 * @typedef {{
 *   presets: Record<string, { judged: boolean, outcomes: readonly string[], schedules: number }>,
 *   variants: Record<string, boolean>,
 * }} PageResult
 */

const opening = `<!-- Made by tools/litmus.mjs from src/simulation/litmus: change the suite, or tools/lib/litmus-page.mjs. -->

# Litmus tests

What may one-sided operations observe? A litmus test is a program of a few instructions and one
outcome of it. Each program below was run by the simulator under **every schedule** that a sampling
model allows, so a verdict is no opinion: _allowed_ says that there is a schedule with that outcome,
_forbidden_ that there is none.

## How to read it

- Everything starts at 0. \`~x\` is variable x in the owner’s memory, each in a cache line of its own
  unless the program places some together: \`x y\` are neighbours in one line, \`x | y\` in two, \`.\` is
  a word that nobody uses.
- \`put\` is a WRITE, \`get\` a READ into a register, \`cas\` and \`faa\` are atomics whose register gets
  the value before. Those of a peer go through the owner’s NIC, on queue pair 0 unless said. Several
  variables in braces are one operation. \`poll\` waits for all completions of the peer.
- \`x:=1\` and \`a:=x\` are a CPU’s store and load; of the owner’s CPU, in the owner’s memory. Loads
  happen in program order: on a weak CPU that takes acquire loads.
- \`signal\` and \`wait\` are a way around RDMA, which orders nothing else.
- The columns are presets of the simulator’s sampling models. \`minimal\` is what every device
  promises, \`bytes\` what is left when even a word may be torn.
`

const ending = `
## Your own

A program is data, made by functions named like the instructions. \`explore\` gives the exact set of
outcomes under a preset or any other model, each with a schedule that \`trace\` replays. Everything
here is exported by \`untorn/simulation\`.

<!-- example -->

\`\`\`ts
const message = litmus({
  name: 'message',
  owner: [store('data', 1), storeBarrier(), store('flag', 1)],
  peers: { reader: [get('f', 'flag'), get('d', 'data', { fenced: true })] },
})
const { outcomes, complete } = message.explore('minimal')
// complete, and outcomes are f=0 d=0, f=0 d=1 and f=1 d=1
const torn = message.allows('minimal', { f: 1, d: 0 })
// false: without the fence, or without the barrier, it is true
const { trace } = message.trace('minimal', outcomes[2].tape)
\`\`\`

- \`owner\` lists instructions of the owner’s CPU, or of several CPUs by name; \`peers\` those of each
  peer. All peers share one NIC of the owner unless \`{ nic: 1, instructions: […] }\` says otherwise.
- An outcome has all registers, and the last values of the variables listed in \`final\` as \`~x\`.
- Programs that make no sense are refused with \`ERR_UNTORN_ARGUMENT\`: names that are unknown, used
  twice or reserved, waits that never end, registers used before they are polled for.
- The number of schedules grows fast with operations that are in flight at once. \`schedulesMax\`
  bounds it; \`complete\` then says whether the outcomes are all there are.

The suite itself is \`src/simulation/litmus/suite-*.ts\`; \`npm run litmus\` explores it and compares the
outcomes, and the numbers of schedules and states, with those checked in.

## Over real devices

\`untorn bench litmus\` runs the same programs over a device, each as a loop of thousands of iterations,
counts the outcomes, and holds them against those that the device’s model allows. Anything else is
\`FORBIDDEN\`, and the exit status 1.

\`\`\`sh
npx untorn bench litmus --device shm                            # shared memory: needs nothing
npm run rxe -- npx untorn bench litmus --program 12,23,28       # rxe0 in the virtual machine
npx untorn bench litmus --duration 5 --json                     # schema: schemas/bench-litmus-1.json
\`\`\`

- Every thread is a process of its own: the owner, whose CPU stores and loads in registered memory, and
  each peer with queue pairs to it. Before each iteration they wait for each other through memory that
  all of them see, over a queue pair of its own; then each pauses for a random time, before its first
  instruction or between two, so that they meet in different ways. Each iteration has variables of its
  own.
- The model is \`sharedMemory\` on shared memory and \`rxe\` on rxe, with the granule and the path MTU of
  the device; of hardware it is \`nicX86\` where the device promises what that preset does, else \`minimal\`.
- Programs with several CPUs of the owner are not run, since no two threads of JavaScript can share
  registered memory, nor are those with several NICs. The report says so.
- A run can only refute. On a machine with fewer free cores than threads, threads hardly meet, and many
  an allowed outcome is not observed; some are not to be had at all: shared memory executes an operation
  while it is posted, and rxe executes those of one queue pair in order.
- An outcome that is forbidden and observed means that the model promises too much for this device, or
  that the device is broken. Either is worth a report, with the JSON.
`

/** @param {Readonly<Record<string, number>>} values @returns {string} */
const outcome = (values) =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')

/** @param {string} text @returns {string} */
const cell = (text) => text.replaceAll('|', '\\|')

/**
 * @param {readonly PageEntry[]} entries
 * @param {Readonly<Record<string, PageResult>>} results
 * @returns {string}
 */
export function litmusPage(entries, results) {
  const names = Object.keys(Object.values(results)[0]?.presets ?? {})
  const head = ['', 'id', 'program', 'outcome', ...names, ''].join(' | ')
  const rule = ['', '---', '---', '---', ...names.map(() => '---'), ''].join(' | ')
  const rows = entries.map(({ id, program, judged, spec }) => {
    const place = spec.memory === undefined ? '' : ` — in \`${spec.memory.join('`, `')}\``
    const verdicts = names.map((name) =>
      results[id]?.presets[name]?.judged ? '**allowed**' : 'forbidden',
    )
    const outcomes = judged.map((values) => `\`${outcome(values)}\``).join(' or ')
    const words = [`[${id}](#${id})`, `\`${program}\`${place}`, outcomes, ...verdicts]
    return ['', ...words.map(cell), ''].join(' | ').trim()
  })
  const notes = entries.map(({ id, about, why, variants = [] }) => {
    const also = variants.map(({ name }) => {
      const verdict = results[id]?.variants[name] ? 'allowed' : 'forbidden'
      return `Under ${name}: ${verdict}.`
    })
    const all = Object.values(results[id]?.presets ?? {})
    const count = all.reduce((sum, { schedules }) => sum + schedules, 0)
    const told = [`${about}.`, ...(why === undefined ? [] : [why]), ...also]
    return `- <a id="${id}"></a>**${id}** ${told.join(' ')} (${count} schedules)\n`
  })
  return [
    opening,
    '\n## Programs and verdicts\n\n',
    `${[head.trim(), rule.trim(), ...rows].join('\n')}\n`,
    '\n## What each is about\n\n',
    ...notes,
    ending,
  ].join('')
}
