// The locked region as the benches know it: two peers write it, under its lock, and each publication is
// the payload after the one that it found. Controls run behind the same handles, with one party replaced.
import { UntornError, argumentRangeError } from '../../src/errors.ts'
import {
  type LockControl,
  type LockControlName,
  lockControls,
} from '../../src/protocols/lock/index.ts'
import { checkShape } from '../../src/regions/check-entry.ts'
import type {
  BindingSource,
  CatalogueEntry,
  Publication,
  PublishContext,
  RegionSpec,
} from '../../src/regions/contract.ts'
import { preparedKernels } from '../../src/regions/kernels.ts'
import { LockKeeper } from '../../src/regions/locked/lock-keeper.ts'
import type { LockedStrategy } from '../../src/regions/locked/locked-options.ts'
import { LockedOwner } from '../../src/regions/locked/locked-owner.ts'
import { LockedReader } from '../../src/regions/locked/locked-reader.ts'
import { lockedRegion } from '../../src/regions/locked/locked-region.ts'
import { openLocked } from '../../src/regions/locked/open-locked.ts'
import { RegionWord } from '../../src/regions/locked/region-word.ts'
import { publishRegion } from '../../src/regions/publish-region.ts'
import { type RetryOptions, retryPolicy } from '../../src/regions/retry-policy.ts'
import { NOT_ONE_VERSION, PayloadOracle } from '../support/payload-oracle.ts'
import {
  type BenchProtocol,
  type BenchUpdater,
  type RegionOrder,
  control,
  onWords,
  sound,
} from './bench-protocol.ts'
import { rawContext } from './raw-region.ts'
import { SnapshotReader } from './snapshot-reader.ts'

const WRITERS = 2
/** No holder outlives it in a bench, unless it hangs. */
const LEASE_MS = 30_000
const ACQUIRE_TIMEOUT_MS = 10_000

function controlOf(order: RegionOrder): LockControl {
  const wrong = lockControls[order.scheme as LockControlName] as LockControl | undefined
  if (wrong !== undefined) return wrong
  throw argumentRangeError(`locked regions have no control "${order.scheme}"`)
}

/** As `lockedRegion` publishes it, without the choice of a strategy. */
function controlRegion(
  scheme: LockControl,
  bytes: number,
  initial: Uint8Array,
): RegionSpec<LockedOwner> {
  const publish = (context: PublishContext): Publication<LockedOwner> => {
    const plan = {
      protocol: 'locked',
      strategy: 'fenced',
      layoutVersion: scheme.layoutVersion,
      capacityBytes: bytes,
      lengthBytes: scheme.regionBytes(bytes),
      hugePages: false,
      parameters: { leaseMs: LEASE_MS },
      schema: '',
    } as const
    return publishRegion(context, plan, ({ region, entry, shape, kernels }) => {
      scheme.format(region.localMemory(), shape, kernels, initial)
      const keeper = new LockKeeper({ context, region, scheme, shape, kernels })
      const explain = 'a negative control'
      const lease = { leaseMs: LEASE_MS, holdersMax: WRITERS }
      const writer = new RegionWord(region)
      return new LockedOwner({ entry, writer, region, context, explain, keeper, ...lease })
    })
  }
  return { protocol: 'locked', publish }
}

async function openHandle(
  source: BindingSource,
  entry: CatalogueEntry,
  order: RegionOrder,
  retry: RetryOptions,
): Promise<LockedReader> {
  if (!order.control) return await openLocked(source, entry, retry)
  const scheme = controlOf(order)
  const shape = checkShape(entry, scheme.layoutVersion, (bytes) => scheme.regionBytes(bytes), {})
  const context = await rawContext(source, entry, (kernels) => scheme.createReader(shape, kernels))
  const kernels = preparedKernels(context.pool.device)
  const parts = { scheme, shape, kernels, leaseMs: LEASE_MS }
  return new LockedReader(context, retryPolicy(retry), parts)
}

class Updater implements BenchUpdater {
  readonly #handle: LockedReader
  readonly #oracle: PayloadOracle
  readonly #words: Int32Array<ArrayBuffer>
  readonly #bytes: Uint8Array
  /** Controls lose updates to each other: theirs go on from any payload. */
  readonly #lenient: boolean

  constructor(handle: LockedReader, order: RegionOrder) {
    this.#handle = handle
    this.#oracle = new PayloadOracle(order.payloadBytes)
    this.#words = this.#oracle.createWords()
    this.#bytes = this.#oracle.bytesOf(this.#words)
    this.#lenient = order.control
  }

  async update(): Promise<void> {
    await this.#handle.update((payload) => this.#advance(payload), {
      timeoutMs: ACQUIRE_TIMEOUT_MS,
    })
  }

  close(): Promise<void> {
    return this.#handle.close()
  }

  #advance(payload: Uint8Array): void {
    this.#bytes.set(payload)
    const number = this.#oracle.verify(this.#words)
    if (number === NOT_ONE_VERSION && !this.#lenient) {
      const message = 'a holder of the lock found a payload that is not one version'
      throw new UntornError('ERR_UNTORN_BROKEN_PROTOCOL', message)
    }
    this.#oracle.encode(Math.max(0, number) + 1, this.#words)
    payload.set(this.#bytes)
  }
}

export const lockedBench: BenchProtocol = {
  name: 'locked',
  schemes: [
    sound('fenced'),
    sound('hash'),
    control<LockControlName>('holder-unchecked', ['shared-memory']),
    control<LockControlName>('unlock-in-write', onWords),
  ],
  intervalUs: { 'shared-memory': 0, verbs: 1000, simulation: 0 },
  unpaused: [],
  writers: {
    count: WRITERS,
    async open(source, entry, order) {
      return new Updater(await openHandle(source, entry, order, {}), order)
    },
  },
  publish(host, order) {
    const { name, scheme, payloadBytes: bytes } = order
    const oracle = new PayloadOracle(bytes)
    const words = oracle.createWords()
    oracle.encode(1, words)
    const initial = oracle.bytesOf(words)
    if (order.control) host.publish(name, controlRegion(controlOf(order), bytes, initial))
    else {
      const strategy = scheme as LockedStrategy
      host.publish(name, lockedRegion({ bytes, strategy, initial, leaseMs: LEASE_MS }))
    }
    return null
  },
  async open(source, entry, order, retry) {
    // What a version says of the payload depends on how many acquisitions published nothing.
    return new SnapshotReader(await openHandle(source, entry, order, retry), () => false)
  },
}
