// What a litmus bench says to the processes that execute a program's threads, over the channel of
// owner-messages.ts: one process owns the variables, each of the others is one peer. Plain JSON.
import type { Endpoint, RegionDescriptor } from '../../src/fabric/contract.ts'
import type { LitmusProgram } from '../../src/simulation/litmus/program.ts'

export type LitmusOrder =
  /** To the owner: memory for variables, which peers may read, write and swap. */
  | { readonly step: 'expose'; readonly device: string; readonly lengthBytes: number }
  /** To a peer: its queue pairs, the first of them for meeting the others. */
  | {
      readonly step: 'reach'
      readonly device: string
      readonly descriptor: RegionDescriptor
      readonly queuePairCount: number
    }
  /** To the owner: the other ends of one peer's queue pairs. */
  | { readonly step: 'accept'; readonly endpoints: readonly Endpoint[] }
  /** To a peer: what the owner accepted with. */
  | { readonly step: 'connect'; readonly endpoints: readonly Endpoint[] }
  /** Which thread to execute: its name, and the names of all that meet before every iteration. */
  | {
      readonly step: 'load'
      readonly program: LitmusProgram
      readonly thread: string
      readonly threads: readonly string[]
    }
  /** Executes the thread once in each of the first cells; all threads at the same time. */
  | {
      readonly step: 'run'
      readonly iterations: number
      readonly seed: number
      /** Longest pause that may be made before or inside an iteration. */
      readonly pauseNsMax: number
    }
  /** To the owner, once all have run: the last values of `final` variables; then all is 0 again. */
  | { readonly step: 'collect'; readonly program: LitmusProgram; readonly iterations: number }

export type LitmusCommand = { readonly command: 'litmus'; readonly order: LitmusOrder }

export interface LitmusResult {
  readonly descriptor?: RegionDescriptor
  readonly endpoints?: readonly Endpoint[]
  /** Registers (or final values) of each iteration, one iteration after the other. */
  readonly values?: readonly number[]
  /** How long one iteration of this thread takes without pauses and waits, median; 0 unknown. */
  readonly iterationNs?: number
}
