// What every role of a soak is: something that an actor starts, and that ends when it is told to.
import type { Device } from '../../../src/fabric/contract.ts'
import type { RandomNumbers } from '../../../src/simulation/random-numbers.ts'
import type { Journal } from '../journal.ts'
import type { ActorOrder } from '../soak-messages.ts'

export interface RoleContext {
  readonly device: Device
  readonly order: ActorOrder
  readonly journal: Journal
  readonly random: RandomNumbers
  /** Aborted when the role has to end. */
  readonly ending: AbortSignal
}

/** @returns once `ending` is aborted and everything is closed */
export type Role = (context: RoleContext, ready: (port: number) => void) => Promise<void>

/** Milliseconds, or shorter when the role ends. */
export async function pause(milliseconds: number, ending: AbortSignal): Promise<void> {
  if (ending.aborted) return
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      ending.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    ending.addEventListener('abort', end)
  })
}
