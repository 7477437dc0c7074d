/** The command line: options of the tool, then the command, which is never interpreted. */

import { exitStatus, ToolError } from './errors.mjs'

export const usage = `Usage: node tools/rxe-vm/run.mjs [OPTION…] [--] COMMAND [ARGUMENT…]

Runs COMMAND in the project's folder inside a virtual machine that has the RDMA device rxe0.

  --cpu words|bytes     memory copies of the guest's kernel keep aligned 8-byte words whole (words,
                        the default) or tear inside them (bytes)
  --accel auto|kvm|tcg  how the guest's instructions run: KVM where it works, else emulation (auto,
                        the default); the bytes profile is always emulated
  --time-limit SECONDS  for the command, default 900; then exit status 124
  --memory MIB          of the guest, default 2048
  --out DIR             made if missing; what the command writes into it stays on the host
  --host                no virtual machine: run COMMAND here, on this machine's own RDMA device
  --verbose             show rxe0's counters before and after, and the kernel log
  --help                show this text

The exit status is COMMAND's (128 + n after signal n); 124: time limit; 125: the tool or the virtual
machine failed; 2: wrong arguments. What COMMAND writes outside of --out is lost with the guest.`

/**
 * @typedef {object} Options
 * @property {'words' | 'bytes'} cpu
 * @property {'auto' | 'kvm' | 'tcg'} accel
 * @property {number} timeLimitSeconds
 * @property {number} memoryMib
 * @property {string | undefined} out
 * @property {boolean} host
 * @property {boolean} verbose
 * @property {boolean} help
 * @property {string[]} command
 */

/** @param {string} what @returns {ToolError} */
function wrong(what) {
  return new ToolError('reading the arguments', what, 'See --help.', exitStatus.usage)
}

/**
 * @template {string} T
 * @param {string} name
 * @param {string} value
 * @param {readonly T[]} allowed
 * @returns {T}
 */
function oneOf(name, value, allowed) {
  const found = allowed.find((candidate) => candidate === value)
  if (found !== undefined) return found
  throw wrong(`${name} must be ${allowed.join(' or ')}, but is '${value}'`)
}

/**
 * @param {string} name
 * @param {string} value
 * @param {number} min
 * @param {number} max
 */
function wholeNumber(name, value, min, max) {
  const number = /^[0-9]+$/.test(value) ? Number(value) : NaN
  if (number >= min && number <= max) return number
  throw wrong(`${name} must be a whole number from ${min} to ${max}, but is '${value}'`)
}

/** @type {Record<string, (options: Options, value: string) => unknown>} */
const valued = {
  '--cpu': (o, value) => (o.cpu = oneOf('--cpu', value, ['words', 'bytes'])),
  '--accel': (o, value) => (o.accel = oneOf('--accel', value, ['auto', 'kvm', 'tcg'])),
  '--time-limit': (o, value) =>
    (o.timeLimitSeconds = wholeNumber('--time-limit', value, 1, 2_000_000)),
  '--memory': (o, value) => (o.memoryMib = wholeNumber('--memory', value, 512, 1 << 20)),
  '--out': (o, value) => (o.out = value),
}

/** @type {Record<string, (options: Options) => unknown>} */
const flags = {
  '--host': (o) => (o.host = true),
  '--verbose': (o) => (o.verbose = true),
  '--help': (o) => (o.help = true),
}

/**
 * Reads the tool's arguments; the first one that is no option starts the command.
 *
 * @param {string[]} args
 * @returns {Options}
 * @throws {ToolError} with status 2, naming the argument
 */
export function readOptions(args) {
  /** @type {Options} */
  const options = {
    cpu: 'words',
    accel: 'auto',
    timeLimitSeconds: 900,
    memoryMib: 2048,
    out: undefined,
    host: false,
    verbose: false,
    help: false,
    command: [],
  }
  let index = 0
  while (index < args.length && args[index].startsWith('-')) {
    const argument = args[index++]
    if (argument === '--') break
    const equals = argument.indexOf('=')
    const name = equals < 0 ? argument : argument.slice(0, equals)
    if (name in flags && equals < 0) {
      flags[name](options)
    } else if (name in valued) {
      const value = equals < 0 ? args[index++] : argument.slice(equals + 1)
      if (value === undefined || value === '') throw wrong(`${name} needs a value`)
      valued[name](options, value)
    } else {
      throw wrong(`unknown option '${argument}'`)
    }
  }
  options.command = args.slice(index)
  check(options)
  return options
}

/** @param {Options} options */
function check(options) {
  if (options.help) return
  if (options.command.length === 0) throw wrong('COMMAND is missing')
  if (options.command[0] === '') throw wrong('COMMAND is empty')
  if (options.accel === 'kvm' && options.cpu === 'bytes') {
    throw wrong('--accel kvm cannot be combined with --cpu bytes: hardware copies whole words')
  }
}
