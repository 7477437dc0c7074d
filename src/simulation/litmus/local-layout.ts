// Where a peer of a litmus program keeps its registers, its local variables and the values that its
// WRITEs carry. Invariant: landing areas of different operations, and values, share no word.
import { WORD_BYTES } from './layout.ts'
import type { LitmusPeer } from './program.ts'

export interface LocalLayout {
  readonly lengthBytes: number
  /** Register or local variable → offset of its word, bytes. */
  readonly places: ReadonlyMap<string, number>
  /** Instruction's index → offset of what it lands in or is fetched from; -1 where there is none. */
  readonly operations: readonly number[]
  /** Words that hold a value from the beginning on: those of WRITEs with values of their own. */
  readonly values: readonly { readonly offset: number; readonly value: number }[]
}

/** Places what one peer needs; `offsets` are those of the owner's variables. */
export function localLayout(
  peer: LitmusPeer,
  offsets: Readonly<Record<string, number>>,
): LocalLayout {
  const places = new Map<string, number>()
  const operations: number[] = []
  const values: { offset: number; value: number }[] = []
  let lengthBytes = 0
  const take = (bytes: number): number => {
    lengthBytes += bytes
    return lengthBytes - bytes
  }
  const placeOf = (name: string): number => {
    const place = places.get(name) ?? take(WORD_BYTES)
    places.set(name, place)
    return place
  }
  // Landing areas first, since a register's place is decided by the READ that it belongs to.
  for (const each of peer.instructions) {
    if (each.kind !== 'get') continue
    const area = take(spanOf(each.variables, offsets))
    each.registers.forEach((register, index) => {
      places.set(register, area + distance(each.variables, index, offsets))
    })
  }
  for (const each of peer.instructions) {
    if (each.kind === 'store') placeOf(each.variable)
    if (each.kind === 'load') placeOf(each.register)
    operations.push(-1)
    const at = operations.length - 1
    if (each.kind === 'get') operations[at] = places.get(each.registers[0] as string) as number
    if (each.kind === 'compareAndSwap' || each.kind === 'fetchAndAdd') {
      operations[at] = placeOf(each.register)
    }
    if (each.kind !== 'put') continue
    if (typeof each.source === 'string') {
      operations[at] = placeOf(each.source)
      continue
    }
    const area = take(spanOf(each.variables, offsets))
    operations[at] = area
    each.source.forEach((value, index) => {
      values.push({ offset: area + distance(each.variables, index, offsets), value })
    })
  }
  return { lengthBytes: Math.max(lengthBytes, WORD_BYTES), places, operations, values }
}

function distance(
  variables: readonly string[],
  index: number,
  offsets: Readonly<Record<string, number>>,
): number {
  const first = offsets[variables[0] as string] as number
  return (offsets[variables[index] as string] as number) - first
}

function spanOf(variables: readonly string[], offsets: Readonly<Record<string, number>>): number {
  return distance(variables, variables.length - 1, offsets) + WORD_BYTES
}
