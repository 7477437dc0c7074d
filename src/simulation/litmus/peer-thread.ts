// A peer that executes a litmus program: it posts operations to its queue pairs and polls. Its own
// stores to local variables are visible to its NIC at once: posting orders them anyway, and one that
// comes after a post may be fetched or not.
//
// Operations that follow each other are posted in one act: an operation may wait after its post as
// long as the schedule likes, so posting it later shows nothing more. Waiting is as in `CpuThread`.
import { Opcode, OperationFlags } from '../../fabric/operation-ring.ts'
import type { Program } from '../program.ts'
import type { SimulatedQueuePair } from '../queue-pair.ts'
import type { SimulatedMemory } from '../simulated-memory.ts'
import type { StateHash } from '../state-hash.ts'
import type {
  CompareAndSwapInstruction,
  FetchAndAddInstruction,
  GetInstruction,
  LitmusInstruction,
  PutInstruction,
} from './instructions.ts'
import { isPost } from './instructions.ts'
import { bytesOf, type ThreadHost, wordAt } from './thread-host.ts'
import { localLayout, type LocalLayout } from './local-layout.ts'
import type { LitmusPeer } from './program.ts'

export class PeerThread implements Program {
  readonly name: string
  readonly #instructions: readonly LitmusInstruction[]
  readonly #host: ThreadHost
  readonly #queuePairs: readonly SimulatedQueuePair[]
  readonly #layout: LocalLayout
  readonly #local: SimulatedMemory
  #next = 0

  constructor(peer: LitmusPeer, host: ThreadHost) {
    const { world, offsets } = host
    this.name = peer.name
    this.#instructions = peer.instructions
    this.#host = host
    this.#layout = localLayout(peer, offsets)
    this.#local = world.addMemory(`local of ${peer.name}`, this.#layout.lengthBytes)
    for (const { offset, value } of this.#layout.values) {
      this.#local.bytes.set(bytesOf(value, 8), offset)
    }
    this.#queuePairs = Array.from({ length: peer.queuePairCount }, (_, index) => {
      const name = peer.queuePairCount === 1 ? `${peer.name} NIC` : `${peer.name} NIC ${index}`
      return world.addQueuePair(name, { nic: peer.nic })
    })
  }

  /** Nothing is left but conditions. */
  get ended(): boolean {
    return this.#effect() === this.#instructions.length
  }

  /** What a register holds at last. */
  register(name: string): number | undefined {
    const offset = this.#layout.places.get(name)
    return offset === undefined ? undefined : wordAt(this.#local.bytes, offset)
  }

  reset(): void {
    this.#next = 0
  }

  ready(): boolean {
    const effect = this.#effect()
    if (effect === this.#instructions.length) return false
    for (let at = this.#next; at < effect; at += 1) {
      if (!this.#passes(this.#instructions[at] as LitmusInstruction)) return false
    }
    return true
  }

  act(): void {
    let at = this.#effect()
    this.#execute(at)
    while (isPost(this.#instructions[at]) && isPost(this.#instructions[at + 1])) {
      at += 1
      this.#execute(at)
    }
    this.#next = at + 1
  }

  mix(hash: StateHash): void {
    hash.mix(this.#next)
  }

  /** Index of the next instruction that does more than wait. */
  #effect(): number {
    let at = this.#next
    while (at < this.#instructions.length) {
      const { kind } = this.#instructions[at] as LitmusInstruction
      if (kind !== 'wait' && kind !== 'poll') break
      at += 1
    }
    return at
  }

  #passes(each: LitmusInstruction): boolean {
    if (each.kind === 'wait') return this.#host.signals.has(each.signal)
    if (each.kind !== 'poll') return true
    return this.#queuePairs.every(
      ({ inFlight }, index) =>
        inFlight === 0 || (each.queuePair !== null && each.queuePair !== index),
    )
  }

  #execute(index: number): void {
    const each = this.#instructions[index] as LitmusInstruction
    switch (each.kind) {
      case 'put':
        this.#post(index, Opcode.Write, each, this.#span(each.variables))
        return
      case 'get':
        this.#post(index, Opcode.Read, each, this.#span(each.variables))
        return
      case 'compareAndSwap': {
        const operands = [BigInt(each.expected), BigInt(each.desired)] as const
        this.#post(index, Opcode.CompareAndSwap, each, 8, ...operands)
        return
      }
      case 'fetchAndAdd':
        this.#post(index, Opcode.FetchAndAdd, each, 8, BigInt(each.addend))
        return
      case 'store': {
        const place = (this.#layout.places.get(each.variable) as number) + each.offsetBytes
        const { steps } = this.#host.world
        const bytes = bytesOf(each.value, each.lengthBytes)
        this.#local.store(place, bytes, 0, each.lengthBytes, steps)
        this.#say(`stores ${each.variable} := ${each.value}`)
        return
      }
      case 'load': {
        const from = this.#layout.places.get(each.variable) as number
        const to = this.#layout.places.get(each.register) as number
        this.#local.store(to, this.#local.bytes, from, 8, this.#host.world.steps)
        this.#say(`${each.register} := ${each.variable} = ${wordAt(this.#local.bytes, to)}`)
        return
      }
      case 'signal':
        this.#host.signals.add(each.signal)
        this.#say(`signals ${each.signal}`)
        return
      case 'poll':
      case 'wait':
      case 'fullFence':
      case 'storeBarrier':
        throw new Error(`a peer does not execute ${each.kind}`)
    }
  }

  /** Bytes from the first variable to the last byte of the last one that can be other than 0. */
  #span(variables: readonly string[]): number {
    const { offsets, liveBytes } = this.#host
    const first = offsets[variables[0] as string] as number
    const last = offsets[variables.at(-1) as string] as number
    return last - first + liveBytes
  }

  #post(
    index: number,
    opcode: number,
    each: PutInstruction | GetInstruction | CompareAndSwapInstruction | FetchAndAddInstruction,
    lengthBytes: number,
    compareOrAdd: bigint = 0n,
    swap: bigint = 0n,
  ): void {
    const variable = 'variables' in each ? (each.variables[0] as string) : each.variable
    const queuePair = this.#queuePairs[each.queuePair] as SimulatedQueuePair
    const fence = each.fenced ? OperationFlags.Fence : 0
    const { memory, offsets } = this.#host
    const localOffset = this.#layout.operations[index] as number
    const remoteOffset = offsets[variable] as number
    queuePair.post(
      opcode,
      fence | OperationFlags.Signalled,
      index,
      this.#local,
      localOffset,
      memory,
      remoteOffset,
      lengthBytes,
      compareOrAdd,
      swap,
    )
  }

  #say(note: string): void {
    this.#host.world.recorder?.say('act', this.name, note)
  }
}
