// Goal: the programs that README shows, and the examples, do what they say. Method: the code is taken
// out of README and run as it stands, owner and reader as two processes against the built package.
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectOwnerAndReader, startOwner } from './owner-and-reader.ts'
import { runNode } from './programs.ts'

// Inside the package, so that its own name resolves to it.
const parent = path.resolve('.cache')
let folder = ''

beforeAll(() => {
  fs.mkdirSync(parent, { recursive: true })
  folder = fs.mkdtempSync(path.join(parent, 'readme-'))
})
afterAll(() => fs.rmSync(folder, { recursive: true }))

/** The block that README marks with this name. */
function block(name: string): string {
  const readme = fs.readFileSync('README.md', 'utf8')
  const blocks = [...readme.matchAll(/^```js (\w+)\n(.*?)^```$/gms)]
  const found = blocks.filter(([, marked]) => marked === name)
  expect(found, `blocks marked ${name}`).toHaveLength(1)
  return found[0]?.[2] ?? ''
}

function writeProgram(name: string): string {
  const file = path.join(folder, `${name}.mjs`)
  fs.writeFileSync(file, block(name))
  return file
}

test('owner and reader of README run as two processes', async () => {
  await expectOwnerAndReader({ owner: writeProgram('owner'), reader: writeProgram('reader') })
})

test.each(['owner', 'reader'])('examples/01-%s.mjs is what README shows', (name) => {
  const example = fs.readFileSync(`examples/01-${name}.mjs`, 'utf8')
  expect(example.replace(/^\/\/.*\n/, '')).toBe(block(name))
})

test('examples/02-follow.mjs sees the counter grow', async () => {
  const { owner, port } = await startOwner('examples/01-owner.mjs')
  const follow = await runNode(['examples/02-follow.mjs', `127.0.0.1:${port}`, '1'])
  await owner.stop()
  expect(follow, follow.stderr).toMatchObject({ status: 0, signal: null })
  const seen = [...follow.stdout.matchAll(/^version (\d+): (\d+)$/gm)]
  expect(seen.length).toBeGreaterThan(2)
  for (const [line, version, counter] of seen) {
    expect(Number(counter), line).toBe(Number(version) / 2 - 1)
  }
})

test('examples/03-fabric.mjs moves bytes', async () => {
  const ending = await runNode(['examples/03-fabric.mjs'])
  expect(ending, ending.stderr).toMatchObject({ status: 0, signal: null })
  expect(ending.stdout).toBe('bytes that nobody sent\n')
})

test('the litmus program of README tells what can be had where', async () => {
  const ending = await runNode([writeProgram('litmus')])
  expect(ending, ending.stderr).toMatchObject({ status: 0, signal: null })
  const [rxe, nic] = ending.stdout.trim().split('\n')
  expect(rxe).toMatch(/^rxe: f=0 d=0, f=0 d=1, f=1 d=1; \d+ schedules$/)
  expect(nic).toMatch(/^nicX86: f=0 d=0, f=0 d=1, f=1 d=0, f=1 d=1; \d+ schedules$/)
})

test('examples/05: two peers change a cell and a locked region, and nothing is lost', async () => {
  const { owner, port } = await startOwner('examples/05-owner.mjs')
  const peers = await Promise.all(
    ['0', '1'].map((shop) =>
      runNode(['examples/05-peer.mjs', `127.0.0.1:${port}`, `peer ${shop}`, shop]),
    ),
  )
  for (const peer of peers) {
    expect(peer, peer.stderr).toMatchObject({ status: 0, signal: null })
    expect(peer.stdout).toMatch(/^pinned: (day|night), still \1\ntea: all there: true\n$/)
  }
  const { stdout, stderr } = await owner.stop()
  expect(stdout, stderr).toContain('"mode":"night"')
  expect(stdout, stderr).toContain('left 80, sold 10 and 10\n')
})
