#!/usr/bin/env node
// Mutation check of the protocols: makes small mistakes in them, one at a time, and sees
// whether the simulator notices, or else the unit tests. What neither notices has to be explained in
// tools/mutation-survivors.json.
//
//   node tools/mutation.mjs                       all mutants; status 1 on a survivor not explained
//   node tools/mutation.mjs --update              writes docs/mutation.md as well, and leaves out the
//                                                 reasons of what is killed or gone
//   node tools/mutation.mjs --sample N --seed S   N mutants drawn by S, for a quick look
//   node tools/mutation.mjs --file slots/owner    those of one file, or of a protocol: --file slots
//   node tools/mutation.mjs --log FILE            writes what became of each
//   node tools/mutation.mjs --from FILE           takes from a log what was killed and is the same
//
// UNTORN_JOBS says how many processes judge at once (2).
//
// Why no ready-made tool: StrykerJS needs a newer Node.js than this package, and its checks a
// compiler interface that TypeScript 7 does not have. Its mutators know nothing of barriers, fences
// and the order of stores, and it judges by a test runner alone: several seconds for a mutant, where
// the simulator mostly takes milliseconds. The compiled modules are what ships, and have no types to
// violate.

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { mutationPage, mutationTable } from './lib/mutation/page.mjs'
import { allMutants, sourceOf, unknownFiles, writeMutant } from './lib/mutation/mutants.mjs'
import { mutatedFileNames, mutatedProtocols } from './lib/mutation/protocols.mjs'
import { Judge, answerOnce, inParallel } from './lib/mutation/pool.mjs'
import { isProgram, packageFile, project, run } from './lib/project.mjs'

/** @typedef {import('./lib/mutation/mutants.mjs').NamedMutant} NamedMutant */
/**
 * @typedef {{ by: 'simulator' | 'unit tests' | 'time limit' | null, failure: string | null }} Verdict
 */
/** @typedef {{ mutant: NamedMutant, verdict: Verdict, reason: string | null }} Judged */

const survivorsFile = path.join(project, 'tools/mutation-survivors.json')
const pageFile = path.join(project, 'docs/mutation.md')
const work = path.join(project, '.cache/mutation')
const built = path.join(work, 'src')
/** The whole simulated suite takes under two seconds: what takes so much longer does not end. */
const simulatedLimit = { cpuSeconds: 8 }
const unitLimitMs = 240_000
const unitBatch = 8
/** What test-mutants.mjs says of a mutant whose process was ended. */
const notEnded = 'does not end'

/** Compiles the sources apart from dist, which others may be using. */
function build() {
  fs.rmSync(work, { recursive: true, force: true })
  const tsc = packageFile('typescript', 'bin/tsc')
  const status = run(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', work])
  if (status !== 0) throw new Error('the sources do not compile')
}

/** @param {NamedMutant[]} mutants @param {number} count @param {number} seed */
function sample(mutants, count, seed) {
  let state = seed >>> 0
  const drawn = mutants.map((mutant) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return { mutant, rank: Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d) >>> 0 }
  })
  const chosen = drawn.sort((one, other) => one.rank - other.rank).slice(0, count)
  return chosen.map(({ mutant }) => mutant).sort((one, other) => one.id - other.id)
}

/** @param {NamedMutant[]} mutants @param {number} jobs @param {Map<number, Verdict>} verdicts */
async function simulate(mutants, jobs, verdicts) {
  const program = path.join(project, 'tools/lib/mutation/simulate-mutants.mjs')
  const idle = Array.from({ length: jobs }, () => new Judge(program, [built]))
  await inParallel(mutants, jobs, async (mutant) => {
    const judge = idle.pop() ?? new Judge(program, [built])
    const folder = writeMutant(built, mutant)
    const { protocol, names } = mutant
    const answer = await judge.ask({ protocol, folder, names }, simulatedLimit)
    fs.rmSync(folder, { recursive: true })
    idle.push(judge)
    if (answer === null) verdicts.set(mutant.id, { by: 'time limit', failure: null })
    else if (answer.failure !== null) {
      verdicts.set(mutant.id, { by: 'simulator', failure: answer.failure })
    }
  })
  for (const judge of idle) judge.close()
}

/** @param {NamedMutant[]} mutants @param {number} jobs @param {Map<number, Verdict>} verdicts */
async function unitTest(mutants, jobs, verdicts) {
  const batches = []
  for (let at = 0; at < mutants.length; at += unitBatch)
    batches.push(mutants.slice(at, at + unitBatch))
  await inParallel(batches, jobs, async (batch) => {
    // Who is ended with the others, or because of them, is judged again alone.
    for (const mutant of await unitTestBatch(batch, verdicts)) {
      const [stuck] = await unitTestBatch([mutant], verdicts)
      if (stuck !== undefined) verdicts.set(mutant.id, { by: 'time limit', failure: null })
    }
  })
}

/**
 * @param {NamedMutant[]} batch @param {Map<number, Verdict>} verdicts
 * @returns {Promise<NamedMutant[]>} those that did not end
 */
async function unitTestBatch(batch, verdicts) {
  const file = path.join(work, `batch-${batch[0]?.id}.json`)
  const items = batch.map(({ id, protocol, file: name, code }) => ({
    id,
    protocol,
    source: sourceOf(protocol, name),
    code: code.replaceAll(/(from '\..*)\.js'/g, "$1.ts'").replace(/\/\/# sourceMappingURL.*/, ''),
  }))
  fs.writeFileSync(file, JSON.stringify(items))
  const program = path.join(project, 'tools/lib/mutation/test-mutants.mjs')
  const answer = await answerOnce(program, [file], unitLimitMs)
  if (answer === null) return batch
  for (const { id } of batch) {
    const failure = answer.failures[id]
    if (failure !== null && failure !== notEnded) {
      verdicts.set(id, { by: 'unit tests', failure })
    }
  }
  return batch.filter(({ id }) => answer.failures[id] === notEnded)
}

/** @returns {{ reason: string, mutants: string[] }[]} */
const reasonGroups = () => JSON.parse(fs.readFileSync(survivorsFile, 'utf8'))

/** @returns {Map<string, string>} reasons by mutant */
function explained() {
  const pairs = reasonGroups().flatMap(({ reason, mutants }) =>
    mutants.map((key) => /** @type {const} */ ([key, reason])),
  )
  const reasons = new Map(pairs)
  if (reasons.size < pairs.length) throw new Error('a survivor has more than one reason')
  return reasons
}

/**
 * Leaves out the reasons of mutants that were killed or are gone, and puts the others in the order of
 * the code. Those that only took too long keep theirs: that has to be looked into.
 * @param {Judged[]} judged - all mutants
 */
function tidyReasons(judged) {
  const open = judged.filter(({ verdict: { by } }) => by === null || by === 'time limit')
  const places = new Map(open.map(({ mutant }, index) => [mutant.key, index]))
  const place = (/** @type {string} */ key) => places.get(key) ?? Infinity
  const groups = reasonGroups()
    .map(({ reason, mutants }) => ({
      reason,
      mutants: mutants
        .filter((key) => places.has(key))
        .sort((one, other) => place(one) - place(other)),
    }))
    .filter(({ mutants }) => mutants.length > 0)
  fs.writeFileSync(survivorsFile, JSON.stringify(groups))
  format(survivorsFile)
}

/** @param {string} file */
function format(file) {
  run(process.execPath, [packageFile('prettier', 'bin/prettier.cjs'), '--write', file])
}

/** @param {NamedMutant} mutant @returns {string} the same for the same mistake in the same code */
const identity = ({ key, code }) => createHash('sha256').update(`${key}\n${code}`).digest('hex')

/**
 * Mutants that were killed before: tests are added more often than taken away.
 * @param {string} log @param {NamedMutant[]} mutants @param {Map<number, Verdict>} verdicts
 */
function takeOver(log, mutants, verdicts) {
  /** @type {{ identity: string, verdict: Verdict }[]} */
  const judged = JSON.parse(fs.readFileSync(log, 'utf8'))
  const before = new Map(judged.map((each) => [each.identity, each.verdict]))
  for (const mutant of mutants) {
    const verdict = before.get(identity(mutant))
    if (verdict !== undefined && verdict.by !== null) verdicts.set(mutant.id, verdict)
  }
}

/** @param {Judged[]} judged @returns {string} for `takeOver`, and for people */
function logOf(judged) {
  const log = judged.map(({ mutant, verdict }) => ({
    identity: identity(mutant),
    key: mutant.key,
    line: mutant.line,
    verdict,
  }))
  return JSON.stringify(log, null, 1)
}

/**
 * @param {NamedMutant[]} mutants @param {number} jobs @param {string | undefined} log - of before
 * @returns {Promise<Judged[]>}
 */
async function judgeAll(mutants, jobs, log) {
  /** @type {Map<number, Verdict>} */
  const verdicts = new Map()
  if (log !== undefined) takeOver(log, mutants, verdicts)
  const unjudged = () => mutants.filter(({ id }) => !verdicts.has(id))
  await simulate(unjudged(), jobs, verdicts)
  const left = unjudged()
  process.stdout.write(`${left.length} of ${mutants.length} mutants are left to the unit tests\n`)
  await unitTest(left, jobs, verdicts)
  const reasons = explained()
  return mutants.map((mutant) => ({
    mutant,
    verdict: verdicts.get(mutant.id) ?? { by: null, failure: null },
    reason: reasons.get(mutant.key) ?? null,
  }))
}

/** @param {Judged[]} judged @param {boolean} whole @returns {number} of problems */
function tellProblems(judged, whole) {
  let problems = 0
  const tell = (/** @type {string} */ what, /** @type {NamedMutant} */ mutant) => {
    const { protocol, file, line, key } = mutant
    problems += 1
    process.stdout.write(`${what}: src/protocols/${protocol}/${file}.ts:${line}\n  ${key}\n`)
  }
  const kept = explained()
  for (const { mutant, verdict, reason } of judged) {
    if (verdict.by === null && reason === null) tell('survived without a reason', mutant)
    if (verdict.by !== null && reason !== null && kept.has(mutant.key)) {
      tell(`explained, but killed by the ${verdict.by}`, mutant)
    }
  }
  const keys = new Set(judged.map(({ mutant }) => mutant.key))
  for (const key of whole ? kept.keys() : []) {
    if (keys.has(key)) continue
    problems += 1
    process.stdout.write(`explained, but there is no such mutant:\n  ${key}\n`)
  }
  return problems
}

async function main() {
  const { values } = parseArgs({
    options: {
      sample: { type: 'string' },
      seed: { type: 'string', default: '1' },
      file: { type: 'string' },
      update: { type: 'boolean', default: false },
      log: { type: 'string' },
      from: { type: 'string' },
    },
  })
  const chosen = [...Object.keys(mutatedProtocols), ...mutatedFileNames]
  if (values.file !== undefined && !chosen.includes(values.file)) {
    throw new Error(`--file is one of ${chosen.join(', ')}`)
  }
  build()
  const unknown = unknownFiles(built)
  if (unknown.length > 0) throw new Error(`mutants.mjs does not know ${unknown.join(', ')}`)
  const all = allMutants(built).filter(({ protocol, file }) =>
    [undefined, protocol, `${protocol}/${file}`].includes(values.file),
  )
  const mutants =
    values.sample === undefined ? all : sample(all, Number(values.sample), Number(values.seed))
  const whole = values.sample === undefined && values.file === undefined
  const startMs = performance.now()
  const judged = await judgeAll(mutants, Number(process.env.UNTORN_JOBS ?? 2), values.from)
  if (values.update && whole) tidyReasons(judged)
  const seconds = Math.round((performance.now() - startMs) / 1000)
  process.stdout.write(`${mutationTable(judged)}\n${seconds} s\n`)
  if (values.log !== undefined) {
    fs.writeFileSync(values.log, logOf(judged))
  }
  if (tellProblems(judged, whole) > 0) process.exitCode = 1
  else if (values.update && whole) {
    fs.writeFileSync(pageFile, mutationPage(judged))
    format(pageFile)
  }
  fs.rmSync(work, { recursive: true })
}

if (isProgram(import.meta.url)) await main()
