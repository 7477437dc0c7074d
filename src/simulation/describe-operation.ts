// What reports say of an operation that is posted.
import { Opcode, OperationFlags } from '../fabric/operation-ring.ts'
import type { OperationSlots } from './operation-slots.ts'

/** `READ region [0, 64), fenced` */
export function describeOperation(slots: OperationSlots, slot: number): string {
  const name = Object.entries(Opcode).find(([, code]) => code === slots.opcode[slot])?.[0] ?? ''
  const fenced = (slots.flags[slot] as number) & OperationFlags.Fence ? ', fenced' : ''
  const from = slots.remoteOffset[slot] as number
  const to = from + (slots.lengthBytes[slot] as number)
  return `${name.toUpperCase()} ${slots.remote[slot]?.name ?? ''} [${from}, ${to})${fenced}`
}
