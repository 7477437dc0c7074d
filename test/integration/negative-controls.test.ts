// Goal: the program and the command of docs/negative-controls.md print the report that the page shows.
// Method: both are taken out of the page and run as they stand, against the built package.
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { runNode } from './programs.ts'

const page = fs.readFileSync('docs/negative-controls.md', 'utf8')

/** The report that the page shows under a heading. */
function shown(name: string): string {
  const section = page.split(/^### /m).find((text) => text.startsWith(`${name}\n`)) ?? ''
  return /^```text\n(.*?)^```$/ms.exec(section)?.[1] ?? ''
}

test('its program prints the report of unfenced', async () => {
  const program = /^```js\n(.*?)^```$/ms.exec(page)?.[1] ?? ''
  // Inside the package, so that its own name resolves to it.
  fs.mkdirSync('.cache', { recursive: true })
  const folder = fs.mkdtempSync(path.resolve('.cache', 'controls-'))
  try {
    const file = path.join(folder, 'example.mjs')
    fs.writeFileSync(file, program)
    const ending = await runNode([file])
    expect(ending, ending.stderr).toMatchObject({ status: 0, signal: null })
    expect(ending.stdout).toBe(shown('unfenced'))
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
})

test('its command prints the report of lock-unchecked', async () => {
  const command = /^node (tools\/controls\.mjs --show lock-unchecked .*)$/m.exec(page)?.[1] ?? ''
  const ending = await runNode(command.split(' '))
  expect(ending, ending.stderr).toMatchObject({ status: 0, signal: null })
  expect(ending.stdout).toBe(shown('lock-unchecked'))
})
