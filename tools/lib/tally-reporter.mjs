// A vitest reporter that writes what a run came to as JSON, to the file that UNTORN_TALLY names:
// { passed, passedIn: { project: count }, failed: [name], skipped: [{ name, reason }], seconds }. It runs beside the reporter for
// people; the tools that run tests count with it. A file that could not be loaded and an error outside
// of any test are failures of their own, so that they cannot be lost among passed tests.

import fs from 'node:fs'

/** @typedef {import('vitest/node').TestModule} TestModule */

/**
 * @typedef {object} Tally
 * @property {number} passed
 * @property {Record<string, number>} passedIn - by vitest project
 * @property {string[]} failed
 * @property {Array<{ name: string, reason: string }>} skipped
 * @property {number} seconds
 */

/** @param {TestModule} module @param {string} name */
const qualify = (module, name) => `${module.project.name} ${module.relativeModuleId} > ${name}`

/**
 * @param {ReadonlyArray<TestModule>} modules
 * @param {ReadonlyArray<{ message?: string }>} unhandledErrors
 * @returns {Tally}
 */
export function tallyOf(modules, unhandledErrors) {
  /** @type {Tally} */
  const tally = { passed: 0, passedIn: {}, failed: [], skipped: [], seconds: 0 }
  for (const module of modules) {
    for (const error of module.errors()) tally.failed.push(qualify(module, error.message))
    for (const suite of module.children.allSuites()) {
      for (const error of suite.errors()) tally.failed.push(qualify(module, error.message))
    }
    for (const test of module.children.allTests()) {
      const result = test.result()
      const name = qualify(module, test.fullName)
      if (result.state === 'passed') {
        const { name: layer } = module.project
        tally.passed++
        tally.passedIn[layer] = (tally.passedIn[layer] ?? 0) + 1
      } else if (result.state === 'skipped') tally.skipped.push({ name, reason: result.note ?? '' })
      else tally.failed.push(result.state === 'failed' ? name : `${name} (did not end)`)
    }
  }
  for (const error of unhandledErrors) tally.failed.push(`unhandled error: ${error.message}`)
  return tally
}

export default class TallyReporter {
  #startMs = performance.now()

  /**
   * @param {ReadonlyArray<TestModule>} modules
   * @param {ReadonlyArray<{ message?: string }>} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    const file = process.env.UNTORN_TALLY
    if (file === undefined || file === '') return
    const seconds = (performance.now() - this.#startMs) / 1000
    fs.writeFileSync(file, `${JSON.stringify({ ...tallyOf(modules, unhandledErrors), seconds })}\n`)
  }
}
