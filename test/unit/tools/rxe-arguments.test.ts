// Goal: options of the machine reach the machine, all others reach the command, in their order.
// Method: command lines and what must become of them.
import { expect, test } from 'vitest'
import { loadTool } from './load-tool.ts'

interface Split {
  readonly machine: string[]
  readonly cpu: string | undefined
  readonly command: string[]
}
const { splitRxeArguments } = await loadTool<{
  readonly splitRxeArguments: (args: string[]) => Split
}>('lib/rxe-arguments.mjs')

test.each<[string, Split]>([
  ['', { machine: [], cpu: undefined, command: [] }],
  [
    '--json --size 64,4096',
    { machine: [], cpu: undefined, command: ['--json', '--size', '64,4096'] },
  ],
  [
    '--json --cpu bytes --duration 2',
    { machine: [], cpu: 'bytes', command: ['--json', '--duration', '2'] },
  ],
  ['--cpu=words --host', { machine: ['--host'], cpu: 'words', command: [] }],
  ['--time-limit 30 x', { machine: ['--time-limit=30'], cpu: undefined, command: ['x'] }],
  ['x --time-limit', { machine: ['--time-limit='], cpu: undefined, command: ['x'] }],
])('%s', (line, split) => {
  expect(splitRxeArguments(line === '' ? [] : line.split(' '))).toEqual(split)
})
