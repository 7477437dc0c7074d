// Where the command line speaks. Standard output holds the table or the JSON and nothing else;
// progress and complaints go to standard error, progress only where somebody watches it live.

export interface Stream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export interface Terminal {
  readonly output: Stream
  readonly error: Stream
  readonly environment: Readonly<Record<string, string | undefined>>
}

export const processTerminal: Terminal = {
  output: process.stdout,
  error: process.stderr,
  environment: process.env,
}

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const

export type Style = keyof typeof codes
export type Paint = (style: Style, text: string) => string

/** Colours for one stream: only on a terminal, and never under NO_COLOR (no-color.org). */
export function painter(terminal: Terminal, stream: Stream): Paint {
  const { NO_COLOR: noColor, TERM: term } = terminal.environment
  const on = stream.isTTY === true && (noColor ?? '') === '' && term !== 'dumb'
  return on ? (style, text) => `\u001b[${codes[style]}m${text}\u001b[0m` : (_style, text) => text
}

/** One line that is written over again and again; silent where standard error is no terminal. */
export class ProgressLine {
  readonly #stream: Stream
  readonly #on: boolean
  #shown = false

  constructor(terminal: Terminal) {
    this.#stream = terminal.error
    this.#on = terminal.error.isTTY === true && terminal.environment['TERM'] !== 'dumb'
  }

  show(text: string): void {
    if (!this.#on) return
    const width = (this.#stream.columns ?? 80) - 1
    this.#stream.write(`\r\u001b[2K${text.slice(0, width)}`)
    this.#shown = true
  }

  clear(): void {
    if (this.#shown) this.#stream.write('\r\u001b[2K')
    this.#shown = false
  }
}
