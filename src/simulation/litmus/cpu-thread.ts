// A CPU of the owner that executes a litmus program. Stores go into its store buffer; loads happen
// in program order and see the CPU's own stores first (on a weak CPU that takes acquire loads, and
// so does nothing that this library's owners rely on). Full fences and atomics wait until the
// buffer is empty; an atomic then acts on memory in one step, as others see it.
//
// Waiting has no effect of its own and its conditions, once true, stay true until this thread does
// something. So an act waits for all conditions before an effect and then takes that effect: the
// same outcomes as with a step for each, in fewer schedules.
import type { Program } from '../program.ts'
import type { StateHash } from '../state-hash.ts'
import type { StoreBuffer } from '../store-buffer.ts'
import type { LitmusInstruction } from './instructions.ts'
import type { LitmusThread } from './program.ts'
import { bytesOf, type ThreadHost, wordAt } from './thread-host.ts'

export class CpuThread implements Program {
  readonly name: string
  readonly registers: Map<string, number> = new Map()
  readonly #instructions: readonly LitmusInstruction[]
  readonly #host: ThreadHost
  readonly #buffer: StoreBuffer
  readonly #word: Uint8Array = new Uint8Array(8)
  #next = 0

  constructor(thread: LitmusThread, buffer: StoreBuffer, host: ThreadHost) {
    this.name = thread.name
    this.#instructions = thread.instructions
    this.#buffer = buffer
    this.#host = host
  }

  /** Nothing is left but conditions. */
  get ended(): boolean {
    return this.#effect() === this.#instructions.length
  }

  reset(): void {
    this.#next = 0
    this.registers.clear()
  }

  ready(): boolean {
    const effect = this.#effect()
    if (effect === this.#instructions.length) return false
    for (let at = this.#next; at <= effect; at += 1) {
      if (!this.#passes(this.#instructions[at] as LitmusInstruction)) return false
    }
    return true
  }

  act(): void {
    const effect = this.#effect()
    for (let at = this.#next; at < effect; at += 1) {
      if (this.#instructions[at]?.kind === 'storeBarrier') this.#buffer.barrier()
    }
    this.#next = effect + 1
    this.#execute(this.#instructions[effect] as LitmusInstruction)
  }

  mix(hash: StateHash): void {
    hash.mix(this.#next)
    for (const value of this.registers.values()) {
      hash.mix(value)
      hash.mix(value / 2 ** 32)
    }
  }

  /** Index of the next instruction that does more than wait. */
  #effect(): number {
    let at = this.#next
    while (at < this.#instructions.length) {
      const { kind } = this.#instructions[at] as LitmusInstruction
      if (kind !== 'wait' && kind !== 'fullFence' && kind !== 'storeBarrier') break
      at += 1
    }
    return at
  }

  #passes(each: LitmusInstruction): boolean {
    if (each.kind === 'wait') return this.#host.signals.has(each.signal)
    const drains = ['fullFence', 'compareAndSwap', 'fetchAndAdd'].includes(each.kind)
    return !drains || this.#buffer.empty
  }

  #execute(each: LitmusInstruction): void {
    const { memory, offsets, signals, world } = this.#host
    const offset = 'variable' in each ? (offsets[each.variable] as number) : 0
    switch (each.kind) {
      case 'store': {
        const note = `${each.variable} := ${each.value}`
        const bytes = bytesOf(each.value, each.lengthBytes)
        this.#buffer.store(memory, offset + each.offsetBytes, bytes, note)
        this.#say(`stores ${note}`)
        return
      }
      case 'load': {
        const value = this.#load(offset)
        this.registers.set(each.register, value)
        world.recorder?.touch('load', this.name, memory, offset, 8, {
          note: `${each.register} := ${each.variable} = ${value}`,
          readsFrom: memory.storedIn(offset, 8),
        })
        return
      }
      case 'compareAndSwap': {
        const old = this.#load(offset)
        this.registers.set(each.register, old)
        if (old === each.expected) this.#storeAtOnce(offset, each.variable, each.desired)
        this.#say(`${each.register} := ${each.variable} = ${old}, compared with ${each.expected}`)
        return
      }
      case 'fetchAndAdd': {
        const old = this.#load(offset)
        this.registers.set(each.register, old)
        this.#storeAtOnce(offset, each.variable, old + each.addend)
        this.#say(`${each.register} := ${each.variable} = ${old}, added ${each.addend}`)
        return
      }
      case 'signal':
        signals.add(each.signal)
        this.#say(`signals ${each.signal}`)
        return
      case 'put':
      case 'get':
      case 'poll':
      case 'wait':
      case 'fullFence':
      case 'storeBarrier':
        throw new Error(`a CPU does not execute ${each.kind}`)
    }
  }

  #load(offset: number): number {
    this.#buffer.load(this.#host.memory, offset, this.#word)
    return wordAt(this.#word, 0)
  }

  #storeAtOnce(offset: number, variable: string, value: number): void {
    const note = `${variable} := ${value}, atomically`
    this.#buffer.store(this.#host.memory, offset, bytesOf(value, 8), note)
    this.#buffer.drainTo(this.#buffer.count)
  }

  #say(note: string): void {
    this.#host.world.recorder?.say('act', this.name, note)
  }
}
