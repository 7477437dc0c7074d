// A peer in a litmus program: executes one thread's posts and polls over queue pairs of a real device.
// Invariants: everything that one iteration posted has ended before the next one begins; meeting and
// signals go over a queue pair of their own, so that they order nothing of the program's.
import type { MemoryRegion, QueuePair, RemoteRegion } from '../../src/fabric/contract.ts'
import { Opcode, OperationFlags } from '../../src/fabric/operation-ring.ts'
import { registersOf } from '../../src/simulation/litmus/instructions.ts'
import type { LitmusInstruction } from '../../src/simulation/litmus/instructions.ts'
import { LINE_BYTES, WORD_BYTES } from '../../src/simulation/litmus/layout.ts'
import { type LocalLayout, localLayout } from '../../src/simulation/litmus/local-layout.ts'
import type { LitmusProgram } from '../../src/simulation/litmus/program.ts'
import { litmusCells } from './litmus-cells.ts'
import { type LitmusOperation, LitmusQueue } from './litmus-queue.ts'
import type { LitmusThreadRunner } from './litmus-thread.ts'
import { waitUntil } from './litmus-wait.ts'

/** As long as the owner's, at a READ of shared memory for each; over verbs a READ waits by itself. */
const SPINS = 200

/** Of the peer's region: round, the constant 1, and the others' rounds; then what the program has. */
const ROUND_OFFSET = 0
const ONE_OFFSET = WORD_BYTES
const LANDING_OFFSET = LINE_BYTES
const LOCALS_OFFSET: number = 2 * LINE_BYTES
/** More than 16 instructions can land. */
export const LOCAL_BYTES: number = 2 ** 16

export interface LitmusConnection {
  /** The first is for meeting. */
  readonly queuePairs: readonly QueuePair[]
  readonly local: MemoryRegion
  readonly remote: RemoteRegion
}

type Act = (base: number, apart: boolean) => void

export class LitmusPeer implements LitmusThreadRunner {
  readonly instructionCount: number
  readonly registerCount: number
  /** Whether operations that could be posted together are posted one by one; drawn by the caller. */
  apart = false
  readonly #acts: readonly Act[]
  readonly #queues: readonly LitmusQueue[]
  readonly #meeting: LitmusQueue
  readonly #words: BigUint64Array<ArrayBuffer>
  readonly #layout: LocalLayout
  readonly #registers: readonly number[]
  readonly #arrive: readonly LitmusOperation[]
  readonly #look: LitmusOperation
  readonly #others: readonly number[]

  constructor(
    program: LitmusProgram,
    name: string,
    threads: readonly string[],
    connection: LitmusConnection,
  ) {
    const peer = program.peers.find((each) => each.name === name)
    if (peer === undefined) throw new TypeError(`'${program.name}' has no peer ${name}`)
    const { queuePairs, local, remote } = connection
    const queues = queuePairs.map((each) => new LitmusQueue(each, local.handle, remote.handle))
    this.#meeting = queues[0] as LitmusQueue
    this.#queues = queues.slice(1, 1 + peer.queuePairCount)
    const { buffer, byteOffset, byteLength } = local.bytes
    this.#words = new BigUint64Array(buffer as ArrayBuffer, byteOffset, byteLength / WORD_BYTES)
    this.#layout = localLayout(peer, program.layout.offsets)
    this.instructionCount = peer.instructions.length
    this.#registers = peer.instructions.flatMap(registersOf).map((each) => this.#wordOf(each))
    this.registerCount = this.#registers.length
    this.#acts = peer.instructions.map((each, index) => {
      return this.#compile(program, each, index, peer.instructions[index + 1])
    })
    const own = threads.indexOf(name)
    this.#others = threads.flatMap((_, index) => (index === own ? [] : [index]))
    const { meetingOffset } = litmusCells(program)
    this.#look = operation(Opcode.Read, LANDING_OFFSET, meetingOffset, threads.length * WORD_BYTES)
    const told = meetingOffset + own * WORD_BYTES
    this.#arrive = [operation(Opcode.Write, ROUND_OFFSET, told, WORD_BYTES), this.#look]
  }

  begin(): void {
    this.#words[ONE_OFFSET / WORD_BYTES] = 1n
  }

  meet(round: number): void {
    if (this.#others.length === 0) return
    this.#words[ROUND_OFFSET / WORD_BYTES] = BigInt(round)
    let looks: readonly LitmusOperation[] = this.#arrive
    const all = (): boolean => {
      for (const each of looks) this.#meeting.push(each, 0)
      looks = [this.#look]
      this.#meeting.post()
      this.#meeting.finish()
      const landed = LANDING_OFFSET / WORD_BYTES
      return this.#others.every((other) => (this.#words[landed + other] as bigint) >= round)
    }
    waitUntil(all, SPINS, 'meeting the others')
  }

  run(
    base: number,
    pauseAt: number,
    pause: () => void,
    values: Float64Array<ArrayBuffer>,
    at: number,
  ): void {
    const words = this.#words
    const first = LOCALS_OFFSET / WORD_BYTES
    words.fill(0n, first, first + Math.ceil(this.#layout.lengthBytes / WORD_BYTES))
    for (const { offset, value } of this.#layout.values) {
      words[first + offset / WORD_BYTES] = BigInt(value)
    }
    for (let index = 0; index < this.#acts.length; index += 1) {
      const act = this.#acts[index] as Act
      if (index !== pauseAt) act(base, this.apart)
      else {
        // Whatever was put together with the operation before it goes out first.
        for (const queue of this.#queues) queue.post()
        pause()
        act(base, this.apart)
      }
    }
    for (const queue of this.#queues) {
      queue.post()
      queue.finish()
    }
    this.#meeting.finish()
    for (let index = 0; index < this.#registers.length; index += 1) {
      values[at + index] = Number(words[this.#registers[index] as number])
    }
  }

  /** Index of a local variable's or register's word. */
  #wordOf(name: string): number {
    return (LOCALS_OFFSET + (this.#layout.places.get(name) ?? 0)) / WORD_BYTES
  }

  #compile(
    program: LitmusProgram,
    each: LitmusInstruction,
    index: number,
    next: LitmusInstruction | undefined,
  ): Act {
    switch (each.kind) {
      case 'put':
      case 'get':
      case 'compareAndSwap':
      case 'fetchAndAdd': {
        const posted = this.#operationOf(program, each, index)
        const queue = this.#queues[each.queuePair] as LitmusQueue
        const joins = next !== undefined && 'fenced' in next && next.queuePair === each.queuePair
        return (base, apart) => {
          queue.push(posted, base)
          if (!joins || apart) queue.post()
        }
      }
      case 'store': {
        const { value, lengthBytes, offsetBytes } = each
        const place = this.#wordOf(each.variable) * WORD_BYTES + offsetBytes
        return () => this.#storeLocally(place, value, lengthBytes)
      }
      case 'load': {
        const from = this.#wordOf(each.variable)
        const to = this.#wordOf(each.register)
        return () => {
          this.#words[to] = this.#words[from] as bigint
        }
      }
      case 'poll': {
        const polled = each.queuePair === null ? this.#queues : [this.#queues[each.queuePair]]
        return () => {
          for (const queue of polled) queue?.finish()
        }
      }
      case 'signal': {
        const there = litmusCells(program).signals.get(each.signal) ?? 0
        const told = operation(Opcode.Write, ONE_OFFSET, there, WORD_BYTES)
        return (base) => {
          this.#meeting.push(told, base)
          this.#meeting.post()
        }
      }
      case 'wait': {
        const there = litmusCells(program).signals.get(each.signal) ?? 0
        const look = operation(Opcode.Read, LANDING_OFFSET, there, WORD_BYTES)
        return (base) => {
          const given = (): boolean => {
            this.#meeting.push(look, base)
            this.#meeting.post()
            this.#meeting.finish()
            return this.#words[LANDING_OFFSET / WORD_BYTES] !== 0n
          }
          waitUntil(given, SPINS, 'waiting for a signal')
        }
      }
      case 'fullFence':
      case 'storeBarrier':
        throw new TypeError(`a peer does not execute ${each.kind}`)
    }
  }

  #operationOf(
    program: LitmusProgram,
    each: Extract<LitmusInstruction, { readonly fenced: boolean }>,
    index: number,
  ): LitmusOperation {
    const { offsets } = program.layout
    const variables = 'variables' in each ? each.variables : [each.variable]
    const first = offsets[variables[0] as string] as number
    const last = offsets[variables.at(-1) as string] as number
    const flags = each.fenced ? OperationFlags.Fence : 0
    const here = LOCALS_OFFSET + (this.#layout.operations[index] as number)
    const { opcode, compareOrAdd, swap } = operands(each)
    const lengthBytes = last - first + WORD_BYTES
    return {
      opcode,
      flags,
      localOffset: here,
      remoteOffset: first,
      lengthBytes,
      compareOrAdd,
      swap,
    }
  }

  #storeLocally(place: number, value: number, lengthBytes: number): void {
    const { buffer, byteOffset } = this.#words
    const view = new DataView(buffer, byteOffset + place, lengthBytes)
    if (lengthBytes === 1) view.setUint8(0, value)
    else if (lengthBytes === 2) view.setUint16(0, value, true)
    else if (lengthBytes === 4) view.setUint32(0, value, true)
    else this.#words[place / WORD_BYTES] = BigInt(value)
  }
}

function operands(
  each: Extract<LitmusInstruction, { readonly fenced: boolean }>,
): Pick<LitmusOperation, 'opcode' | 'compareOrAdd' | 'swap'> {
  switch (each.kind) {
    case 'put':
      return { opcode: Opcode.Write, compareOrAdd: 0n, swap: 0n }
    case 'get':
      return { opcode: Opcode.Read, compareOrAdd: 0n, swap: 0n }
    case 'compareAndSwap': {
      const compareOrAdd = BigInt(each.expected)
      return { opcode: Opcode.CompareAndSwap, compareOrAdd, swap: BigInt(each.desired) }
    }
    case 'fetchAndAdd':
      return { opcode: Opcode.FetchAndAdd, compareOrAdd: BigInt(each.addend), swap: 0n }
  }
}

function operation(
  opcode: number,
  localOffset: number,
  remoteOffset: number,
  lengthBytes: number,
): LitmusOperation {
  return { opcode, flags: 0, localOffset, remoteOffset, lengthBytes, compareOrAdd: 0n, swap: 0n }
}
