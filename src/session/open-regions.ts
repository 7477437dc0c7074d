// The regions that a peer holds open: for each reader the source of its binding, for each region
// the import that its readers share.
//
// Invariant: a source whose `final` is set stays at that failure for ever; the others follow the
// link: bound while it works, suspended while it does not. A source that is over holds no claims. An
// import lives as long as a source uses it, and is forgotten only when none of its operations is in
// flight.
import { UntornError } from '../errors.ts'
import type { Device, QueuePair, RemoteRegion } from '../fabric/contract.ts'
import type {
  BindingSource,
  CatalogueEntry,
  Claim,
  ClaimKind,
  RemoteBinding,
} from '../regions/contract.ts'
import { asUntornError } from './failures.ts'
import { LingeringImports } from './lingering-imports.ts'
import type { OpenClaim } from './open-claim.ts'

interface ImportedRegion {
  readonly entry: CatalogueEntry
  readonly remote: RemoteRegion
  readonly users: Set<RegionSource>
}

/** What a source needs of its session. */
export interface SourceContext {
  readonly transportFailed: (source: RegionSource, status: number) => UntornError
  readonly recovery: () => Promise<void> | null
  readonly claim: (
    source: RegionSource,
    kind: ClaimKind,
    signal: AbortSignal | undefined,
  ) => Promise<OpenClaim>
  readonly released: (source: RegionSource) => void
}

export class RegionSource implements BindingSource {
  readonly entry: CatalogueEntry
  /** The present binding or failure: read on every attempt, so a plain field. */
  state: RemoteBinding | UntornError
  /** Set once: this source never binds again. */
  final: UntornError | undefined
  imported: ImportedRegion | undefined
  readonly #context: SourceContext
  readonly #claims = new Set<OpenClaim>()

  constructor(entry: CatalogueEntry, context: SourceContext, state: UntornError) {
    this.entry = entry
    this.state = state
    this.#context = context
  }

  current(): RemoteBinding | UntornError {
    return this.state
  }

  transportFailed(status: number): UntornError {
    return this.#context.transportFailed(this, status)
  }

  recovery(): Promise<void> | null {
    return this.final === undefined ? this.#context.recovery() : null
  }

  async claim(kind: ClaimKind, signal?: AbortSignal): Promise<Claim> {
    const claim = await this.#context.claim(this, kind, signal)
    if (this.final !== undefined) {
      void claim.release()
      throw this.final
    }
    for (const earlier of this.#claims) if (earlier.ended) this.#claims.delete(earlier)
    this.#claims.add(claim)
    return claim
  }

  release(): void {
    this.#context.released(this)
  }

  end(failure: UntornError): void {
    this.final ??= failure
    this.state = this.final
  }

  /** The reader was closed. Resolves when the owner has what was claimed. */
  async releaseClaims(): Promise<void> {
    await Promise.all([...this.#claims].map((claim) => claim.release()))
  }

  /** The region is gone. Resolves when nothing of what was claimed is in flight. */
  async endClaims(failure: UntornError): Promise<void> {
    await Promise.all([...this.#claims].map((claim) => claim.end(failure)))
  }
}

export class OpenRegions {
  readonly #device: Device
  readonly #sources = new Set<RegionSource>()
  /** By name: under one link a name has one generation at a time. */
  readonly #imports = new Map<string, ImportedRegion>()
  readonly #lingering = new LingeringImports()

  constructor(device: Device) {
    this.#device = device
  }

  /**
   * A source bound to the entry.
   * @throws UntornError when the region cannot be imported
   */
  open(entry: CatalogueEntry, queuePair: QueuePair, context: SourceContext): RegionSource {
    const unbound = new UntornError('ERR_UNTORN_NOT_CONNECTED', `'${entry.name}' is not bound yet`)
    const source = new RegionSource(entry, context, unbound)
    this.#bind(source, entry, queuePair)
    this.#sources.add(source)
    return source
  }

  /** The reader of a source was closed. */
  release(source: RegionSource): void {
    source.end(
      new UntornError('ERR_UNTORN_CLOSED', `the reader of '${source.entry.name}' is closed`),
    )
    this.#sources.delete(source)
    void source.releaseClaims()
    void this.#unbind(source)
  }

  /** The link does not work for now: every read ends with this failure. */
  suspend(failure: UntornError): void {
    for (const source of this.#sources) if (source.final === undefined) source.state = failure
  }

  /** The same link has a new queue pair. */
  resume(queuePair: QueuePair): void {
    for (const source of this.#sources) {
      if (source.final === undefined) this.#bind(source, source.entry, queuePair)
    }
  }

  /** The host took a region back; resolves when none of its operations is in flight. */
  async withdrawn(name: string, generation: number): Promise<void> {
    const endings: Promise<void>[] = []
    for (const source of this.#sources) {
      if (source.entry.name !== name || source.entry.generation !== generation) continue
      const closed = new UntornError('ERR_UNTORN_CLOSED', `the owner closed '${name}'`)
      const failure = stale(name, 'its owner withdrew it', closed)
      source.end(failure)
      endings.push(source.endClaims(failure), this.#unbind(source))
    }
    await Promise.all(endings)
  }

  /** A new link: the same generations are bound anew, all others end. */
  rebind(catalogue: ReadonlyMap<string, CatalogueEntry>, queuePair: QueuePair): void {
    for (const source of this.#sources) {
      if (source.final !== undefined) continue
      const { name, generation } = source.entry
      const entry = catalogue.get(name)
      if (entry === undefined) source.end(stale(name, 'the host publishes it no more'))
      else if (entry.generation !== generation) {
        source.end(stale(name, 'the host publishes a later incarnation of it'))
      } else this.#tryBind(source, entry, queuePair)
    }
  }

  /** Drops every import; the queue pair they were used on is closed by now. */
  async dropImports(): Promise<void> {
    await Promise.all([...this.#sources].map((source) => this.#unbind(source)))
    await this.#lingering.disposeAll()
  }

  /** Ends every source. */
  endAll(failure: UntornError): void {
    for (const source of this.#sources) source.end(failure)
  }

  #tryBind(source: RegionSource, entry: CatalogueEntry, queuePair: QueuePair): void {
    try {
      this.#bind(source, entry, queuePair)
    } catch (error) {
      source.end(error as UntornError)
    }
  }

  #bind(source: RegionSource, entry: CatalogueEntry, queuePair: QueuePair): void {
    const imported = source.imported ?? this.#import(entry)
    imported.users.add(source)
    source.imported = imported
    const device = this.#device
    source.state = { device, queuePair, entry, remoteHandle: imported.remote.handle }
  }

  #import(entry: CatalogueEntry): ImportedRegion {
    const known = this.#imports.get(entry.name)
    if (known?.entry.generation === entry.generation) return known
    let remote: RemoteRegion
    try {
      remote = this.#device.importRegion(entry.region)
    } catch (error) {
      throw asUntornError(error, 'ERR_UNTORN_SYSTEM', `'${entry.name}' could not be imported`)
    }
    const imported = { entry, remote, users: new Set<RegionSource>() }
    this.#imports.set(entry.name, imported)
    return imported
  }

  async #unbind(source: RegionSource): Promise<void> {
    const imported = source.imported
    source.imported = undefined
    if (imported === undefined) return
    imported.users.delete(source)
    if (imported.users.size > 0) return
    if (this.#imports.get(imported.entry.name) === imported) {
      this.#imports.delete(imported.entry.name)
    }
    await this.#lingering.dispose(imported.remote)
  }
}

function stale(name: string, why: string, cause?: UntornError): UntornError {
  return new UntornError('ERR_UNTORN_STALE_GENERATION', `'${name}' is stale: ${why}`, { cause })
}
