// The owner's CPU in a litmus program: executes one thread's stores, loads, fences and atomics on
// registered memory. Invariant: each is one access of real memory, in the order of the program.
//
// A 64-bit store is a plain typed-array store, which V8 compiles to one move in all its tiers on 64-bit
// CPUs, and an atomic acts on unshared memory too. A native call would be as good a store, but takes
// longer than a store waits in the store buffer: what a load can see meanwhile would not be seen.
import type { NativeBinding } from '../../src/native/binding.ts'
import type { LitmusInstruction } from '../../src/simulation/litmus/instructions.ts'
import { WORD_BYTES } from '../../src/simulation/litmus/layout.ts'
import type { LitmusProgram } from '../../src/simulation/litmus/program.ts'
import { litmusCells } from './litmus-cells.ts'
import type { LitmusThreadRunner } from './litmus-thread.ts'
import { waitUntil } from './litmus-wait.ts'

/** Ten times as long as an iteration: who has to wait longer has no core to meet on. */
const SPINS = 2_000

/** Loads of JavaScript are in order on x86-64 only; elsewhere they are made acquire loads. */
const loadsInOrder: boolean = process.arch === 'x64'

type Fences = Pick<NativeBinding, 'storeFence' | 'fullFence'>

const Code = {
  StoreWord: 0,
  StoreByte: 1,
  StoreTwoBytes: 2,
  StoreFourBytes: 3,
  Load: 4,
  FullFence: 5,
  StoreBarrier: 6,
  CompareAndSwap: 7,
  FetchAndAdd: 8,
  Signal: 9,
  Wait: 10,
} as const

interface Step {
  readonly code: number
  /** Offset in the cell, in units of what is accessed. */
  readonly place: number
  /** What is stored or added, and the same as a number. */
  readonly value: bigint
  readonly number: number
  readonly expected: bigint
  readonly register: number
}

export class LitmusCpu implements LitmusThreadRunner {
  readonly instructionCount: number
  readonly registerCount: number
  readonly #steps: readonly Step[]
  readonly #fences: Fences
  readonly #words: BigUint64Array<ArrayBuffer>
  readonly #fours: Uint32Array<ArrayBuffer>
  readonly #twos: Uint16Array<ArrayBuffer>
  readonly #bytes: Uint8Array<ArrayBuffer>
  readonly #registers: BigUint64Array<ArrayBuffer>
  readonly #meeting: number
  readonly #own: number
  readonly #others: readonly number[]

  /** @param bytes the owner's whole region */
  constructor(
    program: LitmusProgram,
    name: string,
    threads: readonly string[],
    bytes: Uint8Array,
    fences: Fences,
  ) {
    const { instructions } = program.cpus.find((cpu) => cpu.name === name) ?? { instructions: [] }
    const buffer = bytes.buffer as ArrayBuffer
    const { byteOffset, byteLength } = bytes
    this.#steps = compile(program, instructions)
    this.#fences = fences
    this.#words = new BigUint64Array(buffer, byteOffset, byteLength / 8)
    this.#fours = new Uint32Array(buffer, byteOffset, byteLength / 4)
    this.#twos = new Uint16Array(buffer, byteOffset, byteLength / 2)
    this.#bytes = new Uint8Array(buffer, byteOffset, byteLength)
    this.instructionCount = instructions.length
    this.registerCount = this.#steps.filter((step) => step.register >= 0).length
    this.#registers = new BigUint64Array(Math.max(1, this.registerCount))
    this.#meeting = litmusCells(program).meetingOffset / 4
    this.#own = threads.indexOf(name)
    this.#others = threads.flatMap((_, index) => (index === this.#own ? [] : [index]))
  }

  begin(): void {}

  meet(round: number): void {
    // Words of eight bytes, since peers write such; rounds need four.
    Atomics.store(this.#fours, this.#meeting + 2 * this.#own, round)
    const all = (): boolean => {
      for (const other of this.#others) {
        if (Atomics.load(this.#fours, this.#meeting + 2 * other) < round) return false
      }
      return true
    }
    waitUntil(all, SPINS, 'meeting the peers')
  }

  run(
    base: number,
    pauseAt: number,
    pause: () => void,
    values: Float64Array<ArrayBuffer>,
    at: number,
  ): void {
    const steps = this.#steps
    for (let index = 0; index < steps.length; index += 1) {
      if (index === pauseAt) pause()
      this.#execute(steps[index] as Step, base)
    }
    for (let index = 0; index < this.registerCount; index += 1) {
      values[at + index] = Number(this.#registers[index])
    }
  }

  #execute(step: Step, base: number): void {
    const words = this.#words
    const { place, register } = step
    const word = base / WORD_BYTES + place
    switch (step.code) {
      case Code.StoreWord:
        words[word] = step.value
        return
      case Code.StoreByte:
        this.#bytes[base + place] = step.number
        return
      case Code.StoreTwoBytes:
        this.#twos[base / 2 + place] = step.number
        return
      case Code.StoreFourBytes:
        this.#fours[base / 4 + place] = step.number
        return
      case Code.Load:
        this.#registers[register] = loadsInOrder
          ? (words[word] as bigint)
          : Atomics.load(words, word)
        return
      case Code.FullFence:
        this.#fences.fullFence()
        return
      case Code.StoreBarrier:
        this.#fences.storeFence()
        return
      case Code.CompareAndSwap:
        this.#registers[register] = Atomics.compareExchange(words, word, step.expected, step.value)
        return
      case Code.FetchAndAdd:
        this.#registers[register] = Atomics.add(words, word, step.value)
        return
      case Code.Signal:
        words[word] = 1n
        return
      default:
        waitUntil(() => Atomics.load(words, word) !== 0n, SPINS, 'waiting for a signal')
    }
  }
}

function compile(program: LitmusProgram, instructions: readonly LitmusInstruction[]): Step[] {
  const { signals } = litmusCells(program)
  let registers = 0
  return instructions.map((each): Step => {
    const offset = 'variable' in each ? (program.layout.offsets[each.variable] ?? 0) : 0
    const place = offset / WORD_BYTES
    const step = { code: 0, place, value: 0n, number: 0, expected: 0n, register: -1 }
    switch (each.kind) {
      case 'store': {
        const { lengthBytes, offsetBytes, value } = each
        const code = storeCode(lengthBytes)
        const inUnits = (offset + offsetBytes) / lengthBytes
        return { ...step, code, place: inUnits, value: BigInt(value), number: value }
      }
      case 'load':
        return { ...step, code: Code.Load, register: registers++ }
      case 'fullFence':
        return { ...step, code: Code.FullFence }
      case 'storeBarrier':
        return { ...step, code: Code.StoreBarrier }
      case 'compareAndSwap': {
        const value = BigInt(each.desired)
        const expected = BigInt(each.expected)
        return { ...step, code: Code.CompareAndSwap, value, expected, register: registers++ }
      }
      case 'fetchAndAdd': {
        const value = BigInt(each.addend)
        return { ...step, code: Code.FetchAndAdd, value, register: registers++ }
      }
      case 'signal':
      case 'wait': {
        const code = each.kind === 'signal' ? Code.Signal : Code.Wait
        return { ...step, code, place: (signals.get(each.signal) ?? 0) / WORD_BYTES }
      }
      case 'put':
      case 'get':
      case 'poll':
        throw new TypeError(`a CPU does not execute ${each.kind}`)
    }
  })
}

function storeCode(lengthBytes: number): number {
  if (lengthBytes === 1) return Code.StoreByte
  if (lengthBytes === 2) return Code.StoreTwoBytes
  return lengthBytes === 4 ? Code.StoreFourBytes : Code.StoreWord
}
