// Goal: docs/errors.md says what the table of codes says. Method: both are compared.
import fs from 'node:fs'
import { expect, test } from 'vitest'
import { errorTable } from '../../../src/errors.ts'
import { loadTool } from './load-tool.ts'

interface PageTool {
  readonly errorsPage: (table: typeof errorTable) => string
}
const { errorsPage } = await loadTool<PageTool>('generate-errors.mjs')

test('docs/errors.md is what node tools/generate-errors.mjs makes', () => {
  // Where prettier breaks lines is none of the generator's business.
  const words = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()
  expect(words(fs.readFileSync('docs/errors.md', 'utf8'))).toBe(words(errorsPage(errorTable)))
})

test('every code has a cause and a remedy', () => {
  for (const [code, { cause, remedy }] of Object.entries(errorTable)) {
    expect(code).toMatch(/^ERR_UNTORN_[A-Z_]+$/)
    expect(cause).toMatch(/\.$/)
    expect(remedy).toMatch(/\.$/)
  }
})
