// A party's end of one queue pair: runs machines over it as the drivers of src/regions do, chain after
// chain, attempt after attempt up to a bound. Between the end of a chain and the next chain nothing is
// worth a step of its own: an operation that is posted later is one that is executed later.
// Invariant: what landed is looked at only when every operation of its chain has succeeded.
import { Opcode, OperationFlags } from '../../fabric/operation-ring.ts'
import { Status } from '../../fabric/status.ts'
import { type RemoteMachine, type RemoteSink, Verdict } from '../../protocols/machine.ts'
import type { SimulatedQueuePair } from '../queue-pair.ts'
import type { SimulatedMemory } from '../simulated-memory.ts'

/** What reader machines and remote machines have in common. */
export type AnyMachine = Pick<RemoteMachine, 'landingBytes' | 'evidence' | 'version' | 'bind'> & {
  begin(sink: RemoteSink): void
  resume(sink: RemoteSink): number
}

/** How an operation ended. */
export interface OperationEnd {
  /**
   * `ended`: with a verdict. `exhausted`: every attempt met somebody. `failed`: the transport did, and
   * whether what was posted took effect, or yet will, is unknown.
   */
  readonly kind: 'ended' | 'exhausted' | 'failed'
  /** A `Verdict`; Retry where it did not end with one. */
  readonly verdict: number
  readonly attempts: number
}

/** Bytes from `from` to before `to`. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** What a party may change of the region; it may read all of it. */
export interface Rights {
  readonly write: readonly Span[]
  readonly atomic: readonly Span[]
}

export interface ConnectionHost {
  /** Where a machine's landing memory begins in that of its party. */
  landingOf(machine: AnyMachine): number
  /** A number that the machine has learnt. */
  observe(value: number): void
  /** Its CPU passes a full fence before anything is handed to the NIC. */
  mayPost(): boolean
  /** Its program does nothing any more. */
  isHalted(): boolean
  /** A chain was posted. */
  posted(): void
  retried(machine: AnyMachine): void
  /** How often others have acted so far. */
  othersDeeds(): number
  /** Others acted while an operation was under way. */
  overlapped(): void
  /** A machine broke its contract. */
  stuck(message: string): void
}

export class Connection implements RemoteSink {
  readonly queuePair: SimulatedQueuePair
  /** How the last operation ended; null while it is under way. */
  end: OperationEnd | null = null
  /** The same as a condition to wait for. */
  readonly idle: () => boolean = () => this.#machine === null
  readonly #landing: SimulatedMemory
  readonly #remote: SimulatedMemory
  readonly #rights: Rights | null
  readonly #host: ConnectionHost
  #machine: AnyMachine | null = null
  #base = 0
  #attempts = 0
  #attemptsMax = 0
  #othersDeeds = 0
  #chain = 0
  #outstanding = 0
  #status: number = Status.Success
  #posting = false
  /** Operations that wait behind a full fence. */
  readonly #deferred: (() => void)[] = []
  /** Chain that the host was told of. */
  #toldOf = 0

  /** @param rights null: all of them */
  constructor(
    queuePair: SimulatedQueuePair,
    landing: SimulatedMemory,
    remote: SimulatedMemory,
    rights: Rights | null,
    host: ConnectionHost,
  ) {
    this.queuePair = queuePair
    this.#landing = landing
    this.#remote = remote
    this.#rights = rights
    this.#host = host
    queuePair.onComplete = (id, status) => this.#completed(id, status)
  }

  reset(): void {
    this.end = null
    this.#machine = null
    this.#chain = 0
    this.#outstanding = 0
    this.#posting = false
    this.#toldOf = 0
    this.#deferred.length = 0
  }

  /** Begins an operation; `end` says how it ended once the connection is idle. */
  start(machine: AnyMachine, attemptsMax: number): void {
    if (this.#machine !== null) throw new Error(`${this.queuePair.name} is busy`)
    this.#machine = machine
    this.#base = this.#host.landingOf(machine)
    this.#attempts = 0
    this.#attemptsMax = attemptsMax
    this.end = null
    this.#othersDeeds = this.#host.othersDeeds()
    this.#attempt(machine)
  }

  /**
   * A sink for WRITEs of a machine that runs elsewhere: nobody waits for their completion. Only while no
   * operation is under way here.
   */
  sideSink(machine: AnyMachine): RemoteSink {
    const base = this.#host.landingOf(machine)
    const refuse = (): never => {
      throw new Error('beside its own queue pair a machine only WRITEs')
    }
    const write: RemoteSink['write'] = (landing, remote, length, fenced) => {
      const flags = fenced ? OperationFlags.Fence : 0
      const from = base + landing
      this.queuePair.post(Opcode.Write, flags, 0, this.#landing, from, this.#remote, remote, length)
    }
    return { read: refuse, write, compareAndSwap: refuse }
  }

  /** Operations wait behind a full fence. */
  get defers(): boolean {
    return this.#deferred.length > 0
  }

  /** The fence has passed: hands over what waited. */
  handOver(): void {
    this.#posting = true
    for (const post of this.#deferred.splice(0)) post()
    this.#posting = false
    this.#advance()
  }

  /** Its party died: nobody looks at what comes. */
  abandon(): void {
    this.#machine = null
    this.#deferred.length = 0
    this.queuePair.sever()
  }

  read(landingOffset: number, remoteOffset: number, lengthBytes: number, fenced: boolean): void {
    if (!this.#fits(landingOffset, remoteOffset, lengthBytes, null)) return
    this.#post(Opcode.Read, landingOffset, remoteOffset, lengthBytes, fenced)
  }

  write(landingOffset: number, remoteOffset: number, lengthBytes: number, fenced: boolean): void {
    if (!this.#fits(landingOffset, remoteOffset, lengthBytes, this.#rights?.write ?? null)) return
    this.#post(Opcode.Write, landingOffset, remoteOffset, lengthBytes, fenced)
  }

  compareAndSwap(
    landingOffset: number,
    remoteOffset: number,
    expected: bigint,
    desired: bigint,
    fenced: boolean,
  ): void {
    if (!this.#fits(landingOffset, remoteOffset, 8, this.#rights?.atomic ?? null)) return
    if (landingOffset % 8 !== 0 || remoteOffset % 8 !== 0) {
      this.#host.stuck(`asked for an atomic at ${remoteOffset}, which is not aligned`)
      return
    }
    this.#post(Opcode.CompareAndSwap, landingOffset, remoteOffset, 8, fenced, expected, desired)
  }

  #fits(landing: number, remote: number, length: number, spans: readonly Span[] | null): boolean {
    if (this.#machine === null) return false
    const lands = landing >= 0 && landing + length <= this.#machine.landingBytes
    const reaches = remote >= 0 && remote + length <= this.#remote.bytes.length
    const within = ({ from, to }: Span): boolean => remote >= from && remote + length <= to
    if (lands && reaches && length > 0 && (spans === null || spans.some(within))) return true
    const bytes = `${length} bytes at ${remote} and landing offset ${landing}`
    this.#host.stuck(`asked for ${bytes}, to which it has no right`)
    return false
  }

  #post(
    opcode: number,
    landingOffset: number,
    remoteOffset: number,
    lengthBytes: number,
    fenced: boolean,
    expected: bigint = 0n,
    desired: bigint = 0n,
  ): void {
    this.#outstanding += 1
    const post = (): void =>
      this.queuePair.post(
        opcode,
        fenced ? OperationFlags.Fence : 0,
        this.#chain,
        this.#landing,
        this.#base + landingOffset,
        this.#remote,
        remoteOffset,
        lengthBytes,
        expected,
        desired,
      )
    if (this.#deferred.length === 0 && this.#host.mayPost()) post()
    else this.#deferred.push(post)
  }

  #attempt(machine: AnyMachine): void {
    this.#attempts += 1
    this.#fill(() => machine.begin(this))
    if (this.#outstanding === 0 && this.#status === Status.Success) {
      this.#host.stuck('began an attempt without operations')
      this.#finish('exhausted', Verdict.Retry)
      return
    }
    this.#advance()
  }

  /** Opens a chain and lets the machine fill it; a queue pair that broke answers meanwhile. */
  #fill<T>(fill: () => T): T {
    this.#chain += 1
    this.#status = Status.Success
    this.#posting = true
    const result = fill()
    this.#posting = false
    return result
  }

  #completed(id: number, status: number): void {
    if (id !== this.#chain || this.#machine === null || this.#host.isHalted()) return
    this.#outstanding -= 1
    if (status !== Status.Success && this.#status === Status.Success) this.#status = status
    if (!this.#posting) this.#advance()
  }

  #advance(): void {
    const machine = this.#machine
    if (machine === null) return
    if (this.#outstanding > 0) {
      if (this.#chainIsNew()) this.#host.posted()
      return
    }
    if (this.#status !== Status.Success) this.#finish('failed', Verdict.Retry)
    else this.#resume(machine)
  }

  #chainIsNew(): boolean {
    const isNew = this.#toldOf !== this.#chain
    this.#toldOf = this.#chain
    return isNew
  }

  #resume(machine: AnyMachine): void {
    const { words } = this.#landing
    const first = this.#base >> 2
    const end = first + (machine.landingBytes >> 2)
    for (let at = first; at < end; at += 1) this.#host.observe(words[at] as number)
    const verdict = this.#fill(() => machine.resume(this))
    this.#host.observe(verdict)
    if (verdict === Verdict.More) {
      if (this.#outstanding === 0 && this.#status === Status.Success) {
        this.#host.stuck('wanted more and posted nothing')
        this.#finish('exhausted', Verdict.Retry)
        return
      }
      this.#advance()
    } else if (verdict !== Verdict.Retry) this.#finish('ended', verdict)
    else {
      this.#host.retried(machine)
      if (this.#attempts < this.#attemptsMax) this.#attempt(machine)
      else this.#finish('exhausted', verdict)
    }
  }

  #finish(kind: OperationEnd['kind'], verdict: number): void {
    if (this.#host.othersDeeds() !== this.#othersDeeds) this.#host.overlapped()
    this.#machine = null
    this.#outstanding = 0
    this.end = { kind, verdict, attempts: this.#attempts }
  }
}
