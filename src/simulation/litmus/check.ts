// What a litmus program must fulfil, so that a mistyped name does not look like a result. Every
// check throws ERR_UNTORN_ARGUMENT and names the program and the mistake.
import { argumentRangeError } from '../../errors.ts'
import { registersOf, remoteVariablesOf } from './instructions.ts'
import type { LitmusInstruction, PutInstruction } from './instructions.ts'
import type { LitmusProgram, LitmusThread } from './program.ts'

export const THREAD_COUNT_MAX = 8
export const THREAD_INSTRUCTION_COUNT_MAX = 16
export const PROGRAM_INSTRUCTION_COUNT_MAX = 32
export const VARIABLE_COUNT_MAX = 16
export const QUEUE_PAIR_COUNT_MAX = 4
export const NIC_COUNT_MAX = 4
/** Sums of such values and any mixture of their bytes are safe integers. */
export const VALUE_MAX: number = 2 ** 48 - 1

const namePattern = /^[A-Za-z][A-Za-z0-9_]*$/
const cpuKinds: ReadonlySet<string> = new Set([
  'store',
  'load',
  'fullFence',
  'storeBarrier',
  'compareAndSwap',
  'fetchAndAdd',
  'signal',
  'wait',
])
const peerKinds: ReadonlySet<string> = new Set([
  'put',
  'get',
  'compareAndSwap',
  'fetchAndAdd',
  'store',
  'load',
  'poll',
  'signal',
  'wait',
])

type Refuse = (reason: string) => never

function refuser(program: LitmusProgram): Refuse {
  return (reason) => {
    throw argumentRangeError(`litmus program '${program.name}': ${reason}`)
  }
}

/**
 * Checks a complete program; `listed` are the variables that it placed in runs.
 * @throws RangeError ERR_UNTORN_ARGUMENT
 */
export function checkProgram(program: LitmusProgram, listed: readonly string[]): void {
  const refuse: Refuse = refuser(program)
  checkSizes(program, refuse)
  checkNames(program, listed, refuse)
  for (const cpu of program.cpus) checkThread(cpu, cpuKinds, 'a CPU of the owner', refuse)
  for (const peer of program.peers) checkThread(peer, peerKinds, 'a peer', refuse)
  for (const peer of program.peers) checkLocals(peer, refuse)
  checkVariables(program, refuse)
  checkWaits(program, refuse)
}

function threadsOf(program: LitmusProgram): readonly LitmusThread[] {
  return [...program.cpus, ...program.peers]
}

function within(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max
}

function checkSizes(program: LitmusProgram, refuse: Refuse): void {
  const threads = threadsOf(program)
  const total = threads.reduce((sum, thread) => sum + thread.instructions.length, 0)
  if (program.name === '') refuse('it needs a name')
  if (total === 0) refuse('it has no instruction')
  if (threads.length > THREAD_COUNT_MAX) {
    refuse(`${threads.length} CPUs and peers; at most ${THREAD_COUNT_MAX} can be explored`)
  }
  if (total > PROGRAM_INSTRUCTION_COUNT_MAX) {
    refuse(`${total} instructions; at most ${PROGRAM_INSTRUCTION_COUNT_MAX} can be explored`)
  }
  for (const { name, instructions } of threads) {
    if (instructions.length > THREAD_INSTRUCTION_COUNT_MAX) {
      refuse(`${name} has more than ${THREAD_INSTRUCTION_COUNT_MAX} instructions`)
    }
  }
  for (const { name, nic, queuePairCount } of program.peers) {
    if (!within(nic, 0, NIC_COUNT_MAX - 1)) refuse(`nic of ${name} is 0 to ${NIC_COUNT_MAX - 1}`)
    if (!within(queuePairCount, 1, QUEUE_PAIR_COUNT_MAX)) {
      refuse(`queuePair of ${name} is 0 to ${QUEUE_PAIR_COUNT_MAX - 1}`)
    }
  }
  if (Object.keys(program.layout.offsets).length > VARIABLE_COUNT_MAX) {
    refuse(`more than ${VARIABLE_COUNT_MAX} variables`)
  }
  if (program.registers.length === 0 && program.final.length === 0) {
    refuse('it has no outcome: no register and no final variable')
  }
}

/** Local variables of a peer, its registers aside. */
function storedLocals(thread: LitmusThread): string[] {
  return [
    ...new Set(
      thread.instructions.flatMap((each) => (each.kind === 'store' ? [each.variable] : [])),
    ),
  ]
}

/** Every name means one thing, reads as a name, and cannot be mistaken for an object's own. */
function checkNames(program: LitmusProgram, listed: readonly string[], refuse: Refuse): void {
  const seen = new Map<string, string>()
  const claim = (name: string, meaning: string): void => {
    if (!namePattern.test(name)) refuse(`'${name}' is no name: letters, digits and _, letter first`)
    if (name in {}) refuse(`the name '${name}' is reserved`)
    const earlier = seen.get(name)
    if (earlier === meaning && meaning === 'a register') refuse(`register ${name} assigned twice`)
    if (earlier !== undefined) refuse(`${name} is ${earlier} and also ${meaning}`)
    seen.set(name, meaning)
  }
  if (new Set(listed).size < listed.length) refuse('a variable is in the memory runs twice')
  for (const { name } of program.cpus) claim(name, 'a CPU')
  for (const { name } of program.peers) {
    if (name === 'owner') refuse("the name 'owner' is reserved for the owner")
    claim(name, 'a peer')
  }
  for (const name of Object.keys(program.layout.offsets)) claim(name, 'a variable of the owner')
  for (const name of program.registers) claim(name, 'a register')
  for (const peer of program.peers) {
    for (const name of storedLocals(peer)) claim(name, `a local variable of ${peer.name}`)
  }
  for (const name of program.signals) claim(name, 'a signal')
}

function checkThread(
  thread: LitmusThread,
  kinds: ReadonlySet<string>,
  what: string,
  refuse: Refuse,
): void {
  for (const each of thread.instructions) {
    if (!kinds.has(each.kind)) refuse(`${thread.name} is ${what}, which has no '${each.kind}'`)
    checkValues(each, thread.name, refuse)
    if (each.kind === 'put') checkSource(each, thread.name, refuse)
    if ('variables' in each && each.variables.length === 0) refuse(`an empty ${each.kind}`)
    if (each.kind === 'get' && each.registers.length !== each.variables.length) {
      refuse(`a get of ${thread.name} needs one register for each variable`)
    }
  }
}

function checkValues(each: LitmusInstruction, thread: string, refuse: Refuse): void {
  const values: number[] = []
  if (each.kind === 'put' && typeof each.source !== 'string') values.push(...each.source)
  if (each.kind === 'compareAndSwap') values.push(each.expected, each.desired)
  if (each.kind === 'fetchAndAdd') values.push(each.addend)
  if (each.kind === 'store') values.push(each.value)
  for (const value of values) {
    if (!within(value, 0, VALUE_MAX)) {
      refuse(`values are integers from 0 to 2⁴⁸ - 1; ${thread} has ${value}`)
    }
  }
  if (each.kind === 'poll' && each.queuePair !== null) {
    if (!within(each.queuePair, 0, QUEUE_PAIR_COUNT_MAX - 1))
      refuse(`${thread} polls no queue pair`)
  }
  if (each.kind !== 'store') return
  const { offsetBytes, lengthBytes, value, variable } = each
  const aligned = [1, 2, 4, 8].includes(lengthBytes) && within(offsetBytes, 0, 8 - lengthBytes)
  if (!aligned || offsetBytes % lengthBytes !== 0) {
    refuse(`a store into ${variable} is of 1, 2, 4 or 8 aligned bytes of the word`)
  }
  if (value >= 2 ** (8 * lengthBytes)) refuse(`${value} does not fit ${lengthBytes} bytes`)
}

function checkSource(each: PutInstruction, thread: string, refuse: Refuse): void {
  const count = typeof each.source === 'string' ? 1 : each.source.length
  if (count !== each.variables.length) {
    refuse(`a put of ${thread} needs one value for each variable`)
  }
}

/**
 * A local variable that nobody assigns is a mistyped name; and a register's contents are undefined
 * until its operation was polled, so no program may depend on them before.
 */
function checkLocals(peer: LitmusThread, refuse: Refuse): void {
  const known = new Set([...storedLocals(peer), ...peer.instructions.flatMap(registersOf)])
  const inFlight = new Map<string, number>()
  for (const each of peer.instructions) {
    const used = each.kind === 'put' ? each.source : each.kind === 'load' ? each.variable : null
    if (typeof used === 'string' && !known.has(used)) {
      refuse(`${peer.name} has no local variable ${used}: nothing is ever assigned to it`)
    }
    if (typeof used === 'string' && inFlight.has(used)) {
      refuse(`${peer.name} uses register ${used} before it polled for it`)
    }
    if ('queuePair' in each && each.kind !== 'poll') {
      for (const register of registersOf(each)) inFlight.set(register, each.queuePair)
    }
    if (each.kind !== 'poll') continue
    for (const [register, queuePair] of inFlight) {
      if (each.queuePair === null || each.queuePair === queuePair) inFlight.delete(register)
    }
  }
}

function changes(each: LitmusInstruction): boolean {
  return each.kind !== 'get' && each.kind !== 'load'
}

/** Variables are written somewhere, unless a run lists them; one operation covers neighbours. */
function checkVariables(program: LitmusProgram, refuse: Refuse): void {
  const { offsets, runs } = program.layout
  const written = new Set([
    ...program.cpus.flatMap((cpu) =>
      cpu.instructions.filter(changes).flatMap((each) => remoteVariablesOf(each, 'cpu')),
    ),
    ...program.peers.flatMap((peer) =>
      peer.instructions.filter(changes).flatMap((each) => remoteVariablesOf(each, 'peer')),
    ),
  ])
  const alone = new Set(runs.flatMap((run) => (run.length === 1 ? run : [])))
  for (const name of Object.keys(offsets)) {
    if (alone.has(name) && !written.has(name)) refuse(`unknown variable ${name}: nobody writes it`)
  }
  for (const name of program.final) {
    if (!Object.hasOwn(offsets, name)) refuse(`unknown variable ${name} in 'final'`)
  }
  if (new Set(program.final).size < program.final.length) refuse("a variable is in 'final' twice")
  for (const each of program.peers.flatMap((peer) => peer.instructions)) {
    if (each.kind !== 'put' && each.kind !== 'get') continue
    const run = runs.find((names) => names.includes(each.variables[0] ?? '')) ?? []
    const places = each.variables.map((name) => run.indexOf(name))
    const ascending = places.every((place, index) => place > (places[index - 1] ?? -1))
    if (!ascending) {
      refuse(`one ${each.kind} covers variables of one run, in its order: ${each.variables.join()}`)
    }
    const spanned = (places.at(-1) ?? 0) - (places[0] ?? 0) + 1
    if (each.kind === 'put' && spanned !== places.length) {
      refuse(`a put would overwrite a variable between ${each.variables.join(' and ')}`)
    }
  }
}

/** Signals stay given and nothing branches: running each thread as far as it goes decides. */
function checkWaits(program: LitmusProgram, refuse: Refuse): void {
  const given = new Set<string>()
  const next = threadsOf(program).map((thread) => ({ thread, index: 0 }))
  for (let progress = true; progress;) {
    progress = false
    for (const state of next) {
      const each = state.thread.instructions[state.index]
      if (each === undefined || (each.kind === 'wait' && !given.has(each.signal))) continue
      if (each.kind === 'signal') given.add(each.signal)
      state.index += 1
      progress = true
    }
  }
  for (const { thread, index } of next) {
    const each = thread.instructions[index]
    if (each?.kind !== 'wait') continue
    const known = program.signals.includes(each.signal)
    const why = known ? 'the waits go round in a circle' : 'nobody gives it'
    refuse(`${thread.name} waits for signal ${each.signal} for ever: ${why}`)
  }
}
