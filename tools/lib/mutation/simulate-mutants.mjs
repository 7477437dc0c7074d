// A process that judges one mutant after the other by the simulated suite, as told by its parent:
// endless mutants are ended with the process.
//
//   node simulate-mutants.mjs BUILT     BUILT is the folder of the compiled sources

import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { simulatedSuite } from './simulated-suite.mjs'

const judge = await simulatedSuite(process.argv[2])

process.on('message', async (/** @type {any} */ { folder, names }) => {
  process.send?.({ failure: await failureOf(folder, names) })
})

/** @param {string} folder @param {readonly any[]} names @returns {Promise<string | null>} */
async function failureOf(folder, names) {
  const file = pathToFileURL(path.join(folder, 'strategies.js')).href
  try {
    const { seqlockStrategies } = await import(file)
    return judge(seqlockStrategies, names)
  } catch (error) {
    return `does not load: ${String(error).slice(0, 80)}`
  }
}
