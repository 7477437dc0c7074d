// A process that judges one mutant after the other by the simulated suite, as told by its parent:
// endless mutants are ended with the process.
//
//   node simulate-mutants.mjs BUILT     BUILT is the folder of the compiled sources

import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { mutatedProtocols } from './protocols.mjs'
import { simulatedSuite } from './simulated-suite.mjs'

/** @type {Map<string, Promise<(strategies: any, names: readonly string[]) => string | null>>} */
const judges = new Map()

process.on('message', async (/** @type {any} */ { protocol, folder, names }) => {
  process.send?.({ failure: await failureOf(protocol, folder, names) })
})

/** @param {string} protocol */
function judgeOf(protocol) {
  const made = judges.get(protocol)
  if (made !== undefined) return made
  const suite = mutatedProtocols[protocol]?.suite
  if (suite === undefined) throw new Error(`no protocol ${protocol} is mutated`)
  const judge = simulatedSuite(process.argv[2] ?? '', suite)
  judges.set(protocol, judge)
  return judge
}

/**
 * @param {string} protocol @param {string} folder @param {readonly string[]} names
 * @returns {Promise<string | null>}
 */
async function failureOf(protocol, folder, names) {
  const judge = await judgeOf(protocol)
  const file = pathToFileURL(path.join(folder, 'strategies.js')).href
  try {
    const modules = await import(file)
    return judge(modules[mutatedProtocols[protocol]?.strategies ?? ''], names)
  } catch (error) {
    return `does not load: ${String(error).slice(0, 80)}`
  }
}
