// A litmus program: a few instructions of an owner's CPUs and of its peers, small enough that every
// schedule can be explored, or that a real device can run it a million times. Invariant: a
// LitmusProgram is plain data (equal after JSON), complete (nothing is left to defaults) and valid:
// `litmusProgram` checked it. Everything starts at 0.
import { argumentTypeError } from '../../errors.ts'
import { checkProgram } from './check.ts'
import { registersOf, remoteVariablesOf } from './instructions.ts'
import type { LitmusInstruction } from './instructions.ts'
import { litmusLayout, namesInRuns } from './layout.ts'
import type { LitmusLayout } from './layout.ts'

/** A program as it is written. */
export interface LitmusSpec {
  readonly name: string
  /** Instructions of the owner's CPU; of several CPUs by name. */
  readonly owner?:
    readonly LitmusInstruction[] | Readonly<Record<string, readonly LitmusInstruction[]>>
  /** Instructions of each peer, by name, if there are any; with `nic`, those that do not share the owner's first. */
  readonly peers?: Readonly<Record<string, readonly LitmusInstruction[] | PeerSpec>>
  /** Runs of variables that are neighbours, such as `x y` or `x | y`: see `layout.ts`. */
  readonly memory?: readonly string[]
  /** Variables of the owner whose last values the outcome shows, beside all registers. */
  readonly final?: readonly string[]
}

export interface PeerSpec {
  /** Which of the owner's NICs the peer is connected to; 0 unless said. */
  readonly nic?: number
  readonly instructions: readonly LitmusInstruction[]
}

/** One CPU of the owner, or one peer. */
export interface LitmusThread {
  readonly name: string
  readonly instructions: readonly LitmusInstruction[]
}

export interface LitmusPeer extends LitmusThread {
  readonly nic: number
  /** How many it has; operations name them from 0 on. */
  readonly queuePairCount: number
}

/** A checked and complete program. */
export interface LitmusProgram {
  readonly name: string
  readonly cpus: readonly LitmusThread[]
  readonly peers: readonly LitmusPeer[]
  readonly layout: LitmusLayout
  /** In the order of the program: CPUs before peers. */
  readonly registers: readonly string[]
  /** Variables whose last values are part of the outcome, after the registers. */
  readonly final: readonly string[]
  readonly signals: readonly string[]
}

/** `registers`, then `~final`: the names of an outcome's values, in order. */
export function outcomeNames(program: LitmusProgram): string[] {
  return [...program.registers, ...program.final.map((name) => `~${name}`)]
}

function peerOf(name: string, spec: readonly LitmusInstruction[] | PeerSpec): LitmusPeer {
  const instructions = 'instructions' in spec ? spec.instructions : spec
  const used = instructions.map((each) => ('fenced' in each ? each.queuePair : 0))
  const nic = 'instructions' in spec ? (spec.nic ?? 0) : 0
  return { name, nic, queuePairCount: Math.max(0, ...used) + 1, instructions }
}

/** What TypeScript would refuse: lists of instructions that are no lists. */
function requireShape(spec: LitmusSpec): void {
  if (typeof spec !== 'object' || spec === null) {
    throw argumentTypeError('a litmus program is an object { name, owner, peers, … }')
  }
  const { owner = [], peers = {}, memory = [], final = [] } = spec
  const cpus: readonly unknown[] = Array.isArray(owner) ? [owner] : Object.values(owner ?? {})
  const ofPeers = Object.values(peers ?? {}).map((peer) =>
    Array.isArray(peer) ? peer : (peer as PeerSpec | null)?.instructions,
  )
  const lists = [...cpus, ...ofPeers, memory, final]
  const instructions = [...cpus, ...ofPeers].flatMap((list) => list)
  const whole = typeof owner === 'object' && typeof peers === 'object' && owner !== null
  const kinds = instructions.every((each) => typeof (each as LitmusInstruction)?.kind === 'string')
  if (whole && peers !== null && lists.every(Array.isArray) && kinds) return
  throw argumentTypeError(
    `litmus program '${spec.name}': owner, and each of peers, is an array of instructions, ` +
      'as put(…) and store(…) make them; memory and final are arrays of names',
  )
}

/**
 * Completes and checks a program.
 * @throws TypeError ERR_UNTORN_ARGUMENT when it is no program
 * @throws RangeError ERR_UNTORN_ARGUMENT when it makes no sense: a name that is unknown, assigned
 *   twice or reserved, a wait without a signal, a value out of range, too many instructions, …
 */
export function litmusProgram(spec: LitmusSpec): LitmusProgram {
  requireShape(spec)
  const owner = spec.owner ?? []
  const cpus = Array.isArray(owner)
    ? [{ name: 'owner', instructions: owner as readonly LitmusInstruction[] }]
    : Object.entries(owner as Readonly<Record<string, readonly LitmusInstruction[]>>).map(
        ([name, instructions]) => ({ name, instructions }),
      )
  const peers = Object.entries(spec.peers ?? {}).map(([name, peer]) => peerOf(name, peer))
  const memory = spec.memory ?? []
  const variables = [
    ...cpus.flatMap((cpu) => cpu.instructions.flatMap((each) => remoteVariablesOf(each, 'cpu'))),
    ...peers.flatMap((peer) =>
      peer.instructions.flatMap((each) => remoteVariablesOf(each, 'peer')),
    ),
  ]
  const instructions = [...cpus, ...peers].flatMap((thread) => thread.instructions)
  const program: LitmusProgram = {
    name: spec.name,
    cpus,
    peers,
    layout: litmusLayout([...new Set(variables)], memory),
    registers: instructions.flatMap(registersOf),
    final: spec.final ?? [],
    signals: [
      ...new Set(instructions.flatMap((each) => (each.kind === 'signal' ? [each.signal] : []))),
    ],
  }
  checkProgram(program, namesInRuns(memory))
  return program
}
