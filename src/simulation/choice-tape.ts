// A choice tape is a schedule as an array of naturals: what an oracle answered, in order. Its text
// form is for reports, tests and command lines: one word without characters that a shell minds.
// Invariant: parsing what was formatted gives the same tape, without its trailing zeros; those say
// nothing, because a tape that is used up goes on with zeros.
//
//   u1.<fingerprint>.<body>      fingerprint: [0-9a-z]*, of the scenario that the tape is for
//   body = { choice repeats }    choice: one base-36 digit, or _digits_ from 36 on
//                                repeats: how often more, base 26 with the digits A to Z; absent: 0
//
// So `u1.1c5y3k.0DV1` is a hundred zeros and a one.
import { argumentRangeError, argumentTypeError } from '../errors.ts'
import { StateHash } from './state-hash.ts'

/** Largest number on a tape. */
export const choiceMax = 0x7fff_ffff
/** Longest tape; a run that asks more questions does not end by itself. */
export const tapeLengthMax: number = 2 ** 22

const letterA = 'A'.charCodeAt(0)
const letterCount = 26
const textPattern = /^u1\.([0-9a-z]{0,32})\.([0-9A-Za-z_]*)$/
const versionPattern = /^u\d+\./
const fingerprintPattern = /^[0-9a-z]{0,32}$/
const itemPattern = /_([0-9a-z]{1,6})_([A-Z]{0,5})|([0-9a-z])([A-Z]{0,5})/y

/** A tape and what it is for. */
export interface ParsedTape {
  /** Without trailing zeros. */
  readonly choices: number[]
  /** Of the scenario, '' where the text has none. */
  readonly fingerprint: string
}

/**
 * The text of a tape. `choices` are integers from 0 to `choiceMax`, at most `tapeLengthMax` of them;
 * `fingerprint` is up to 32 digits and small letters, see `fingerprintOf`.
 * @throws RangeError ERR_UNTORN_ARGUMENT
 */
export function formatTape(choices: readonly number[], fingerprint = ''): string {
  if (!fingerprintPattern.test(fingerprint)) {
    throw argumentRangeError(
      `a fingerprint is at most 32 of 0-9 and a-z; got ${JSON.stringify(fingerprint)}`,
    )
  }
  const length = trimmedLength(choices)
  if (length > tapeLengthMax) {
    throw argumentRangeError(`a tape has at most ${tapeLengthMax} choices, not ${length}`)
  }
  let body = ''
  for (let at = 0; at < length;) {
    const choice = choices[at]
    const start = at
    while (at < length && choices[at] === choice) at += 1
    body += formatRun(choice, at - start)
  }
  return `u1.${fingerprint}.${body}`
}

/**
 * The tape that a text means.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT: not a tape, or one of another version
 */
export function parseTape(text: string): ParsedTape {
  if (typeof text !== 'string') throw argumentTypeError('a tape is a string such as u1..0121')
  const parts = textPattern.exec(text)
  if (parts === null) {
    const version = versionPattern.test(text) && !text.startsWith('u1.')
    const why = version ? 'a tape of another version' : 'not a tape, such as u1..0121'
    throw argumentRangeError(`${why}: ${JSON.stringify(text.slice(0, 80))}`)
  }
  const [, fingerprint = '', body = ''] = parts
  const choices: number[] = []
  itemPattern.lastIndex = 0
  while (itemPattern.lastIndex < body.length) {
    const at = itemPattern.lastIndex
    const item = itemPattern.exec(body)
    if (item === null)
      throw argumentRangeError(`a tape makes no sense from ${body.slice(at, at + 8)} on`)
    const choice = Number.parseInt(item[1] ?? item[3] ?? '', 36)
    const count = 1 + parseRepeats(item[2] ?? item[4] ?? '')
    if (choice > choiceMax) throw argumentRangeError(`a choice is at most ${choiceMax}`)
    if (choices.length + count > tapeLengthMax) {
      throw argumentRangeError(`a tape has at most ${tapeLengthMax} choices`)
    }
    for (let left = count; left > 0; left -= 1) choices.push(choice)
  }
  choices.length = trimmedLength(choices)
  return { choices, fingerprint }
}

/** A fingerprint of a scenario, from text that says all of its options: 32 bits, seven digits. */
export function fingerprintOf(text: string): string {
  const hash = new StateHash()
  hash.reset()
  for (let at = 0; at < text.length; at += 1) hash.mix(text.charCodeAt(at))
  hash.mix(text.length)
  hash.mix(0)
  return (hash.high >>> 0).toString(36).padStart(7, '0')
}

/**
 * Refuses a tape that belongs to another scenario: its choices would mean something else there. A
 * tape without a fingerprint, written by hand, passes.
 * @throws RangeError ERR_UNTORN_ARGUMENT
 */
export function requireFingerprint(tape: ParsedTape, fingerprint: string): void {
  if (tape.fingerprint === '' || tape.fingerprint === fingerprint) return
  throw argumentRangeError(
    `the tape is of scenario ${tape.fingerprint}, and this is ${fingerprint}: options differ`,
  )
}

/** How much of a tape says something. */
export function trimmedLength(choices: ArrayLike<number>, length: number = choices.length): number {
  let end = length
  while (end > 0 && choices[end - 1] === 0) end -= 1
  return end
}

function formatRun(choice: number | undefined, count: number): string {
  if (choice === undefined || !Number.isInteger(choice) || choice < 0 || choice > choiceMax) {
    throw argumentRangeError(`a choice is an integer from 0 to ${choiceMax}, not ${String(choice)}`)
  }
  const digits = choice.toString(36)
  const item = digits.length === 1 ? digits : `_${digits}_`
  const short = item + formatRepeats(count - 1)
  return short.length < item.length * count ? short : item.repeat(count)
}

function formatRepeats(repeats: number): string {
  let text = ''
  for (let left = repeats; left > 0; left = Math.floor(left / letterCount)) {
    text = String.fromCharCode(letterA + (left % letterCount)) + text
  }
  return text
}

function parseRepeats(text: string): number {
  let repeats = 0
  for (let at = 0; at < text.length; at += 1) {
    repeats = repeats * letterCount + text.charCodeAt(at) - letterA
  }
  return repeats
}
