// The instructions of litmus programs, and functions that write them, so that a program reads like
// the table it comes from. Invariant: an instruction is plain data, the same after JSON. Values are
// integers from 0 to 2⁴⁸ - 1 in 64-bit words; all names of one program are different.

/** How an operation is posted. */
export interface PostOptions {
  /** Wait for all earlier READs and atomics of this queue pair. */
  readonly fenced?: boolean
  /** Which of the peer's queue pairs, from 0 on; 0 unless said. */
  readonly queuePair?: number
}

interface Posted {
  readonly fenced: boolean
  readonly queuePair: number
}

/** One WRITE. Values are the operation's own; a local variable may be fetched until completion. */
export interface PutInstruction extends Posted {
  readonly kind: 'put'
  /** The owner's variables, in the order of their addresses, none between them left out. */
  readonly variables: readonly string[]
  /** One value for each variable, or the one local variable (or register) to be copied. */
  readonly source: readonly number[] | string
}

/** One READ, from the first variable to the last. */
export interface GetInstruction extends Posted {
  readonly kind: 'get'
  /** The owner's variables, in the order of their addresses. */
  readonly variables: readonly string[]
  /** One for each variable: local variables that the outcome shows. */
  readonly registers: readonly string[]
}

/**
 * An atomic of 64 bits, whose register receives the value before: a peer's goes through the owner's
 * NIC, a CPU's acts on memory at once, behind all earlier stores of that CPU.
 */
export interface CompareAndSwapInstruction extends Posted {
  readonly kind: 'compareAndSwap'
  readonly register: string
  readonly variable: string
  readonly expected: number
  readonly desired: number
}

/** The same, adding. */
export interface FetchAndAddInstruction extends Posted {
  readonly kind: 'fetchAndAdd'
  readonly register: string
  readonly variable: string
  readonly addend: number
}

/**
 * A CPU's store: the owner's into one of its variables, a peer's into a local variable. Never torn,
 * and of the whole word unless it says which bytes.
 */
export interface StoreInstruction {
  readonly kind: 'store'
  readonly variable: string
  readonly value: number
  /** Offset in the word, bytes, little-endian. */
  readonly offsetBytes: number
  /** 1, 2, 4 or 8. */
  readonly lengthBytes: number
}

/** A CPU's load of a whole word: an owner's variable by the owner, a local one by a peer. */
export interface LoadInstruction {
  readonly kind: 'load'
  readonly register: string
  readonly variable: string
}

/** Waits until the CPU's stores are visible; later loads come after them. */
export interface FullFenceInstruction {
  readonly kind: 'fullFence'
}

/** Orders the CPU's stores before against those after; says nothing about loads. */
export interface StoreBarrierInstruction {
  readonly kind: 'storeBarrier'
}

/** Waits for the completions of all the peer's operations, or of those of one queue pair. */
export interface PollInstruction {
  readonly kind: 'poll'
  readonly queuePair: number | null
}

/** Tells others by a way of its own, at once; neither drains stores nor waits for operations. */
export interface SignalInstruction {
  readonly kind: 'signal'
  readonly signal: string
}

/** Waits until somebody gave the signal; it stays given. */
export interface WaitInstruction {
  readonly kind: 'wait'
  readonly signal: string
}

export type LitmusInstruction =
  | PutInstruction
  | GetInstruction
  | CompareAndSwapInstruction
  | FetchAndAddInstruction
  | StoreInstruction
  | LoadInstruction
  | FullFenceInstruction
  | StoreBarrierInstruction
  | PollInstruction
  | SignalInstruction
  | WaitInstruction

function posted(options: PostOptions): Posted {
  return { fenced: options.fenced ?? false, queuePair: options.queuePair ?? 0 }
}

/** WRITEs a value, or the contents of a local variable, to a variable of the owner. */
export function put(
  variable: string,
  source: number | string,
  options: PostOptions = {},
): PutInstruction {
  const values = typeof source === 'string' ? source : [source]
  return { kind: 'put', variables: [variable], source: values, ...posted(options) }
}

/** One WRITE of several neighbouring variables: `putAll({ d: 1, f: 1 })`. */
export function putAll(
  values: Readonly<Record<string, number>>,
  options: PostOptions = {},
): PutInstruction {
  return {
    kind: 'put',
    variables: Object.keys(values),
    source: Object.values(values),
    ...posted(options),
  }
}

/** READs a variable of the owner into a register. */
export function get(register: string, variable: string, options: PostOptions = {}): GetInstruction {
  return { kind: 'get', variables: [variable], registers: [register], ...posted(options) }
}

/** One READ of several variables of one run: `getAll({ a: 'x', b: 'y' })`. */
export function getAll(
  registers: Readonly<Record<string, string>>,
  options: PostOptions = {},
): GetInstruction {
  return {
    kind: 'get',
    variables: Object.values(registers),
    registers: Object.keys(registers),
    ...posted(options),
  }
}

/** Stores `desired` if the variable holds `expected`; the register gets what it held. */
export function compareAndSwap(
  register: string,
  variable: string,
  expected: number,
  desired: number,
  options: PostOptions = {},
): CompareAndSwapInstruction {
  const kind = 'compareAndSwap'
  return { kind, register, variable, expected, desired, ...posted(options) }
}

/** Adds to the variable; the register gets what it held. */
export function fetchAndAdd(
  register: string,
  variable: string,
  addend: number,
  options: PostOptions = {},
): FetchAndAddInstruction {
  return { kind: 'fetchAndAdd', register, variable, addend, ...posted(options) }
}

/** Stores a word, or some bytes of it: `store('x', 1, { offsetBytes: 4, lengthBytes: 4 })`. */
export function store(
  variable: string,
  value: number,
  part: { readonly offsetBytes: number; readonly lengthBytes: number } = {
    offsetBytes: 0,
    lengthBytes: 8,
  },
): StoreInstruction {
  const { offsetBytes, lengthBytes } = part
  return { kind: 'store', variable, value, offsetBytes, lengthBytes }
}

/** Loads a word into a register. */
export function load(register: string, variable: string): LoadInstruction {
  return { kind: 'load', register, variable }
}

/** See {@link FullFenceInstruction}. */
export function fullFence(): FullFenceInstruction {
  return { kind: 'fullFence' }
}

/** See {@link StoreBarrierInstruction}. */
export function storeBarrier(): StoreBarrierInstruction {
  return { kind: 'storeBarrier' }
}

/** Waits for all own completions, or for those of one queue pair. */
export function poll(queuePair: number | null = null): PollInstruction {
  return { kind: 'poll', queuePair }
}

/** Gives a signal. */
export function signal(name: string): SignalInstruction {
  return { kind: 'signal', signal: name }
}

/** Waits for a signal. */
export function wait(name: string): WaitInstruction {
  return { kind: 'wait', signal: name }
}

/** Registers that an instruction assigns. */
export function registersOf(instruction: LitmusInstruction): readonly string[] {
  if (instruction.kind === 'get') return instruction.registers
  return 'register' in instruction ? [instruction.register] : []
}

/** Variables of the owner's memory that an instruction of a CPU or of a peer touches. */
export function remoteVariablesOf(
  instruction: LitmusInstruction,
  thread: 'cpu' | 'peer',
): readonly string[] {
  if ('variables' in instruction) return instruction.variables
  if (!('variable' in instruction)) return []
  const local = instruction.kind === 'store' || instruction.kind === 'load'
  return thread === 'peer' && local ? [] : [instruction.variable]
}

/** Whether it is posted to a queue pair when a peer executes it. */
export function isPost(instruction: LitmusInstruction | undefined): boolean {
  return instruction !== undefined && 'fenced' in instruction
}
