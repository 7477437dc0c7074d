// Goal: the pages of docs with programs lead where they say: the programs run, and print what the page
// shows; so does the example of the tutorial's protocol. Method: every program of a page is run as it
// stands against the built package; generating the page once more changes nothing.
import fs from 'node:fs'
import { expect, test } from 'vitest'
import { loadTool } from '../unit/tools/load-tool.ts'
import { runNode } from './programs.ts'

interface TutorialTool {
  readonly pages: readonly string[]
  readonly tutorialPage: (page: string) => string
}
const { pages, tutorialPage } = await loadTool<TutorialTool>('generate-tutorial.mjs')
const limitMs = 120_000

test.each(pages)(
  '%s is what node tools/generate-tutorial.mjs makes',
  (name) => {
    const page = fs.readFileSync(name, 'utf8')
    expect(tutorialPage(page)).toBe(page)
  },
  limitMs,
)

test('every page with programs of which it shows the output is among them', () => {
  const names = fs.readdirSync('docs', { recursive: true, encoding: 'utf8' })
  const shown = names.filter((name) => {
    return (
      name.endsWith('.md') && /^```text \S+\.mjs$/m.test(fs.readFileSync(`docs/${name}`, 'utf8'))
    )
  })
  expect(shown.map((name) => `docs/${name}`).toSorted()).toEqual([...pages].toSorted())
})

test('a program of a page that fails is noticed', () => {
  expect(() => tutorialPage('```js a.mjs\nprocess.exit(3)\n```\n')).toThrow(
    expect.objectContaining({ status: 3 }),
  )
})

test('output that is not current is noticed', () => {
  const page = (output: string): string =>
    `\`\`\`js a.mjs\nconsole.log(1 + 1)\n\`\`\`\n\n\`\`\`text a.mjs\n${output}\n\`\`\`\n`
  expect(tutorialPage(page('3'))).toBe(page('2'))
})

test(
  'examples/04-check-a-protocol.mjs is caught, mended and sound',
  async () => {
    const ending = await runNode(['examples/04-check-a-protocol.mjs'], { timeoutMs: limitMs })
    expect(ending, ending.stderr).toMatchObject({ status: 0, signal: null })
    const [hopeful = '', mended = ''] = ending.stdout.split(/^mended$/m)
    expect(hopeful).toMatch(/^minimal +violated/m)
    expect(hopeful).toMatch(/^violation +torn: r1 returned/m)
    expect(hopeful).toContain('payload word 1 was sampled at step')
    expect(mended).toMatch(/^minimal +holds/m)
    expect(mended).not.toContain('violated')
  },
  limitMs,
)
