// Updates that a process knows to have succeeded, in a file that survives its kill: which number each
// one published, for each generation. No update is lost if no number was published twice, since each
// adds one to the number that it found.
import { closeSync, openSync, readFileSync, readdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const RECORD_BYTES = 16

/** One region's ledger of one process. */
export class Ledger {
  readonly #folder: string
  readonly #region: string
  readonly #actor: number
  readonly #record = new Float64Array(2)
  readonly #bytes = new Uint8Array(this.#record.buffer)
  #generation = 0
  #file: number | null = null

  constructor(folder: string, region: string, actor: number) {
    this.#folder = folder
    this.#region = region
    this.#actor = actor
  }

  /** Enters an update that published payload `number` as `version`. */
  enter(generation: number, number: number, version: number): void {
    if (generation !== this.#generation || this.#file === null) {
      this.close()
      const name = `${this.#region}.${generation}.${this.#actor}`
      this.#file = openSync(join(this.#folder, name), 'a')
      this.#generation = generation
    }
    this.#record[0] = number
    this.#record[1] = version
    writeSync(this.#file, this.#bytes)
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file)
    this.#file = null
  }
}

export interface LedgerVerdict {
  /** Updates entered by all processes. */
  readonly updates: number
  /** Updates whose number another one published as well. */
  readonly lost: number
  readonly violations: readonly string[]
}

/** Reads all ledgers of a folder. */
export function judgeLedgers(folder: string): LedgerVerdict {
  const books = new Map<string, Map<number, number>>()
  const verdict = { updates: 0, lost: 0, violations: [] as string[] }
  for (const name of readdirSync(folder).sort()) {
    const book = name.slice(0, name.lastIndexOf('.'))
    const entered = books.get(book) ?? new Map<number, number>()
    books.set(book, entered)
    const bytes = readFileSync(join(folder, name))
    for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
      const number = bytes.readDoubleLE(at)
      const version = bytes.readDoubleLE(at + 8)
      verdict.updates += 1
      const earlier = entered.get(number)
      if (earlier === undefined) entered.set(number, version)
      else {
        verdict.lost += 1
        verdict.violations.push(
          `${book}: two updates published payload ${number}, as versions ${earlier} and ${version}`,
        )
      }
    }
  }
  for (const [book, entered] of books) verdict.violations.push(...disorder(book, entered))
  return verdict
}

/** Versions must grow with the numbers published as them. */
function disorder(book: string, entered: ReadonlyMap<number, number>): readonly string[] {
  let last = 0
  for (const [number, version] of [...entered].sort(([a], [b]) => a - b)) {
    if (version <= last) {
      return [`${book}: payload ${number} was published as version ${version}, after ${last}`]
    }
    last = version
  }
  return []
}
