// A process that judges a batch of mutants by the unit tests of the protocols: one vitest project for
// each, in which one module of src is replaced. The parent gets the first failing test of each.
//
//   node test-mutants.mjs BATCH     BATCH is a JSON file: [{ id, source, code }]

import fs from 'node:fs'
import path from 'node:path'
import { startVitest } from 'vitest/node'
import { project } from '../project.mjs'
import { mutatedProtocols } from './protocols.mjs'

/** @typedef {{ id: number, protocol: string, source: string, code: string }} Mutated */

const testTimeout = 20_000

/** @param {Mutated} mutated */
const projectOf = ({ id, protocol, source, code }) => ({
  root: project,
  plugins: [
    {
      name: 'mutant',
      enforce: /** @type {const} */ ('pre'),
      load: (/** @type {string} */ file) => (file === source ? { code, map: null } : undefined),
    },
  ],
  test: {
    name: `mutant-${id}`,
    include: mutatedProtocols[protocol]?.tests ?? [],
    // One worker for all files of a mutant; they share nothing that they change.
    isolate: false,
    testTimeout,
    // No timer ends a test that never yields.
    setupFiles: [path.join(project, 'tools/lib/mutation/watchdog.mjs')],
  },
})

/** @type {Mutated[]} */
const batch = JSON.parse(fs.readFileSync(process.argv[2] ?? '', 'utf8'))
/** @type {Record<number, string | null>} */
const failures = Object.fromEntries(batch.map(({ id }) => [id, null]))

const reporter = {
  onTestModuleEnd(/** @type {any} */ module) {
    const id = Number(module.project.name.replace('mutant-', ''))
    if (module.ok() || failures[id] !== null) return
    const failed = [...module.children.allTests('failed')][0]
    failures[id] = failed === undefined ? 'does not load' : failed.fullName
  },
}

const vitest = await startVitest(
  'test',
  [],
  { watch: false, pool: 'forks', maxWorkers: 1, reporters: [reporter] },
  { root: project, configFile: false, test: { projects: batch.map(projectOf) } },
)
// A project without any test would let every mutant live, and so would one whose process was ended.
const modules = vitest.state.getTestModules()
const counted = modules.length
for (const module of modules) {
  const id = Number(module.project.name.replace('mutant-', ''))
  if (module.state() !== 'passed') failures[id] ??= 'does not end'
}
await vitest.close()
if (counted < 3 * batch.length) throw new Error(`only ${counted} test files were run`)
process.send?.({ failures })
process.exitCode = 0
