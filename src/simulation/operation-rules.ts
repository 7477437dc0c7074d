// When an operation may touch remote memory, given the unfinished earlier ones of its queue pair:
//  (1) READ: waits for earlier WRITEs and SENDs; fenced, or where READs are ordered, for earlier
//      READs and atomics. (A lost response makes the requester go back, and what came later is
//      executed again as well: so the last samples of ordered READs are ordered.)
//  (2) WRITE, SEND, atomic: waits for earlier WRITEs and SENDs; fenced, for earlier READs and
//      atomics; where the model orders them, for earlier atomics, and until earlier READs were
//      executed once: a replay may come later. Atomics always wait for earlier atomics.
// An accepted WRITE that is not placed yet still counts.
import { Opcode, OperationFlags } from '../fabric/operation-ring.ts'
import type { OperationSlots } from './operation-slots.ts'
import type { SamplingModel } from './sampling-model.ts'

export function isRead(opcode: number): boolean {
  return opcode === Opcode.Read
}

export function isAtomic(opcode: number): boolean {
  return opcode === Opcode.CompareAndSwap || opcode === Opcode.FetchAndAdd
}

/** Whether operation `at` may touch remote memory, the oldest unfinished one being `head`. */
export function mayTouch(
  slots: OperationSlots,
  head: number,
  at: number,
  model: SamplingModel,
): boolean {
  const opcode = slots.opcode[at % slots.depth] as number
  const fenced = ((slots.flags[at % slots.depth] as number) & OperationFlags.Fence) !== 0
  for (let before = head; before < at; before += 1) {
    const earlier = before % slots.depth
    if (slots.finished[earlier] === 1) continue
    const earlierOpcode = slots.opcode[earlier] as number
    if (isRead(opcode)) {
      if (!isRead(earlierOpcode) && !isAtomic(earlierOpcode)) return false
      if (fenced || model.readAfterRead === 'ordered') return false
    } else {
      if (!isRead(earlierOpcode) && !isAtomic(earlierOpcode)) return false
      if (fenced || (isAtomic(opcode) && isAtomic(earlierOpcode))) return false
      if (model.readThenWrite === 'ordered' && isAtomic(earlierOpcode)) return false
      if (model.readThenWrite === 'ordered' && slots.executed[earlier] === 0) return false
    }
  }
  return true
}
