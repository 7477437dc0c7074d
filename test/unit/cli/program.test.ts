// Goal: bad arguments end with status 2 and a message that names the argument; nothing that is not
// the report reaches standard output. Method: the program in this process, streams recorded.
import { describe, expect, test } from 'vitest'
import { ExitStatus, describeFailure } from '../../../src/cli/exit-status.ts'
import { runProgram } from '../../../src/cli/program.ts'
import { ProgressLine, type Stream, painter } from '../../../src/cli/terminal.ts'
import { renderTable } from '../../../src/cli/table.ts'
import { UntornError } from '../../../src/errors.ts'

class Recorder implements Stream {
  text = ''
  readonly isTTY: boolean
  readonly columns = 40

  constructor(isTTY = false) {
    this.isTTY = isTTY
  }

  write(text: string): void {
    this.text += text
  }
}

async function run(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  const terminal = { output: new Recorder(), error: new Recorder(), environment: {} }
  const status = await runProgram(args, terminal)
  return { status, out: terminal.output.text, err: terminal.error.text }
}

describe('bad arguments', () => {
  test.each([
    [['bench', 'torn', '--size', 'big'], '--size'],
    [['bench', 'torn', '-s', '4'], '--size'],
    [['bench', 'torn', '--duration', '0'], '--duration'],
    [['bench', 'torn', '--writer-interval-us', '-1'], '--writer-interval-us'],
    [['bench', 'torn', '--protocol', 'paxos'], '--protocol'],
    [['bench', 'torn', '--device', ''], '--device'],
    [['bench', 'torn', '--out', '/nonexistent/x.json'], '--out'],
    [['bench', 'torn', '--nonsense'], '--nonsense'],
    [['bench', 'torn', 'extra'], 'torn'],
    [['bench', 'latency', '--iterations', '0'], '--iterations'],
    [['bench', 'latency', '--size'], '--size'],
    [['bench', 'sideways'], 'sideways'],
    [['devices', '--xml'], '--xml'],
    [['probe', '--duration', '0'], '--duration'],
    [['probe', '--device', ''], '--device'],
    [['probe', 'rxe0'], 'probe'],
    [['doctr'], 'doctr'],
  ])('%j', async (args, named) => {
    const { status, out, err } = await run(...args)
    expect(status).toBe(ExitStatus.Usage)
    expect(err).toContain(named)
    expect(out).toBe('')
  })

  test.each([[[]], [['bench']]])('%j shows the usage', async (args) => {
    const { status, out, err } = await run(...args)
    expect(status).toBe(ExitStatus.Usage)
    expect(err).toContain('Usage:')
    expect(out).toBe('')
  })
})

test.each([['--help'], ['--version']])('%s is fine', async (flag) => {
  const { status, out, err } = await run(flag)
  expect(status).toBe(ExitStatus.Fine)
  expect(out).toMatch(flag === '--version' ? /^\d+\.\d+\.\d+/ : /Usage: untorn/)
  expect(err).toBe('')
})

test('a failure shows code, cause and remedy', () => {
  const cause = new Error('ECONNREFUSED')
  const text = describeFailure(new UntornError('ERR_UNTORN_CONNECT', 'no host', { cause }))
  expect(text).toContain('ERR_UNTORN_CONNECT')
  expect(text).toContain('ECONNREFUSED')
  expect(text).toContain('remedy:')
  expect(describeFailure('odd')).toContain('odd')
})

describe('terminal', () => {
  const paintOf = (isTTY: boolean, environment: Record<string, string>): string => {
    const stream = new Recorder(isTTY)
    return painter({ output: stream, error: stream, environment }, stream)('red', 'x')
  }

  test('colours on a terminal only, and never under NO_COLOR', () => {
    expect(paintOf(true, {})).not.toBe('x')
    expect(paintOf(true, { NO_COLOR: '' })).not.toBe('x')
    expect(paintOf(true, { NO_COLOR: '1' })).toBe('x')
    expect(paintOf(true, { TERM: 'dumb' })).toBe('x')
    expect(paintOf(false, {})).toBe('x')
  })

  test('progress on a terminal only, never wider than it', () => {
    for (const isTTY of [false, true]) {
      const error = new Recorder(isTTY)
      const progress = new ProgressLine({ output: error, error, environment: {} })
      progress.show('x'.repeat(100))
      progress.clear()
      expect(error.text.includes('x'.repeat(39))).toBe(isTTY)
      expect(error.text).not.toContain('x'.repeat(40))
    }
  })

  test('tables align, and have no colours of their own', () => {
    const columns = [{ title: 'name', align: 'left' as const }, { title: 'n' }]
    const rows = [['a', '1'], 'rule' as const, ['longer', '234'], ['b', 'none']]
    const text = renderTable(columns, rows, (_style, cell) => cell)
    expect(text.split('\n')).toEqual([
      'name       n',
      'a          1',
      '',
      'longer   234',
      'b       none',
    ])
  })
})
