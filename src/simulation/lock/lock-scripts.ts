// What the parties of a locked region's world do: holders that increment, readers, the owner that evicts.
// They follow what src/regions/locked does, or, in negative controls, what somebody else might do.
import type { LockConduct, LockScheme, LockShape } from '../../protocols/lock/index.ts'
import type { MemoryKernels } from '../../protocols/local-memory.ts'
import { Verdict } from '../../protocols/machine.ts'
import { freeWord, heldWord, isFree, versionBitsOf } from '../../protocols/lock/word.ts'
import type { OperationEnd, Party, Script } from '../party/index.ts'
import { HolderMachine } from './holder-machine.ts'
import type { LockWatchdog } from './lock-watchdog.ts'

export interface LockOperation {
  readonly kind: 'read' | 'increment'
}

/** What all scripts of a run share. */
export interface LockRun {
  readonly scheme: LockScheme
  readonly shape: LockShape
  readonly kernels: MemoryKernels
  readonly conduct: LockConduct
  readonly watchdog: LockWatchdog
  /** Whom the owner evicts. */
  readonly victim: Party | null
  /** A holder is evicted that may be alive. */
  evicted(): void
  /** An instruction of the owner's CPU, locked: what it found. */
  swapByCpu(expected: bigint, desired: bigint): bigint
}

export interface HolderPlan {
  readonly identity: number
  readonly increments: number
  readonly attemptsMax: number
  /** Repairs that it waits for before it begins. */
  readonly afterRepairs: number
  /** After that many increments it takes the lock and gives it back. */
  readonly discards: boolean
}

export function* holderScript(party: Party, run: LockRun, plan: HolderPlan): Script {
  const { scheme, shape, kernels, watchdog } = run
  const machine = new HolderMachine(
    scheme.createAcquire(shape, kernels, plan.identity),
    scheme.createRelease(shape, kernels),
  )
  party.bind(machine)
  if (plan.afterRepairs > 0) yield* party.until(() => watchdog.repairs >= plan.afterRepairs)
  for (let round = 0; round < plan.increments; round += 1) {
    if (!(yield* increment(party, run, machine, plan))) return
  }
  if (!plan.discards) return
  if ((yield* acquire(party, run, machine, plan)) === null) return
  watchdog.leave(party.name)
  machine.release.discard(machine.acquire.word)
  machine.switchTo(machine.release)
  yield* party.operate(machine)
}

/** One operation of a user. False when its connection is over. */
function* increment(
  party: Party,
  run: LockRun,
  machine: HolderMachine,
  plan: HolderPlan,
): Script<boolean> {
  const call = party.invoke({ kind: 'increment' })
  const count = yield* acquire(party, run, machine, plan)
  if (count === null) {
    // It never had the lock, or never will have used it.
    party.respond(call, null)
    return !party.connections.some(({ queuePair }) => queuePair.failed || queuePair.severed)
  }
  const { watchdog, conduct } = run
  machine.release.publish(machine.acquire.word, watchdog.payloadOf(count + 1))
  machine.switchTo(machine.release)
  watchdog.leave(party.name)
  let end = yield* party.operate(machine)
  if (end.kind === 'failed' && conduct === 'releases-again') {
    end = yield* party.operate(machine, { queuePair: 1 })
  }
  tell(party, call, end, count + 1)
  if (end.kind === 'ended' && end.verdict === Verdict.Done) {
    machine.acquire.expect(machine.release.version)
  }
  return end.kind !== 'failed'
}

/** The payload's count under the lock; null without it. */
function* acquire(
  party: Party,
  { watchdog }: LockRun,
  machine: HolderMachine,
  plan: HolderPlan,
): Script<number | null> {
  machine.switchTo(machine.acquire)
  const { kind, verdict } = yield* party.operate(machine, { attemptsMax: plan.attemptsMax })
  if (kind !== 'ended' || verdict !== Verdict.Done) return null
  watchdog.enter(party.name)
  const { version, payload } = machine.acquire
  return watchdog.countOf(party.name, version, payload)
}

function tell(party: Party, call: number, end: OperationEnd, count: number): void {
  if (end.kind === 'failed') party.abandon(call)
  else party.respond(call, end.verdict === Verdict.Done ? count : null)
}

/** Reads, each with its attempts; what it could not read it does not tell. */
export function* readerScript(
  party: Party,
  { scheme, shape, kernels, watchdog }: LockRun,
  plan: { readonly reads: number; readonly attemptsMax: number },
): Script {
  const machine = scheme.createReader(shape, kernels)
  const lengthBytes = shape.payloadBytes
  const target = new Uint8Array(lengthBytes)
  let newest = 0
  for (let round = 0; round < plan.reads; round += 1) {
    const call = party.invoke({ kind: 'read' })
    const request = { target, offset: 0, lengthBytes, knownVersion: 0 }
    const { kind, verdict } = yield* party.read(machine, request, plan)
    if (kind !== 'ended' || verdict !== Verdict.Done) {
      party.abandon(call)
      continue
    }
    const { version } = machine
    if (version < newest) party.violate('backwards', `read version ${version} after ${newest}`)
    newest = version
    const count = watchdog.countOf(party.name, version, target)
    if (count !== null) party.respond(call, count)
  }
}

/** The owner ends the acquisition of a peer, which may be dead, or alive with its lease over. */
export function* evictScript(
  party: Party,
  run: LockRun,
  plan: { readonly identity: number; readonly waitsForDeath: boolean },
): Script {
  const { scheme, shape, kernels, conduct, watchdog, victim } = run
  if (victim === null) return
  if (plan.waitsForDeath) yield* party.until(() => victim.over)
  else yield* party.step()
  if (!victim.over) run.evicted()
  const repair = scheme.createRepair(shape, kernels)
  repair.start(plan.identity)
  if (conduct === 'sound' || conduct === 'releases-again' || conduct === 'owner-cpu') {
    destroy(party, victim)
  }
  let end = yield* party.operate(repair)
  if (end.kind === 'failed') {
    // Its own loopback broke: another one, once nothing of the first can land.
    party.connections[0]?.queuePair.fail()
    end = yield* party.operate(repair, { queuePair: 1 })
  }
  if (conduct === 'repairs-first') destroy(party, victim)
  watchdog.leave(victim.name)
  if (end.kind === 'ended' && end.verdict === Verdict.Done) watchdog.repairs += 1
}

/** The queue pair by which the claim came; another one is another claim. */
function destroy(owner: Party, victim: Party): void {
  owner.say(`destroys the queue pair of ${victim.name}`)
  const queuePair = victim.connections[0]?.queuePair
  if (queuePair?.failed === false) queuePair.fail()
}

/** An owner that takes the lock by atomic instructions of its CPU, and gives it back. */
export function* cpuScript(party: Party, run: LockRun, identity: number): Script {
  yield* party.step()
  const seen = run.swapByCpu(0n, 0n)
  party.observe(Number(seen & 0xffff_ffffn))
  if (!isFree(seen)) return
  yield* party.step()
  const held = heldWord(versionBitsOf(seen) + 1, identity)
  const found = run.swapByCpu(seen, held)
  party.observe(Number(found & 0xffff_ffffn))
  if (found !== seen) return
  run.watchdog.enter(party.name)
  yield* party.step()
  run.watchdog.leave(party.name)
  run.swapByCpu(held, freeWord(versionBitsOf(held) + 1))
}
