// A fabric in which time, memory and network are simulated: devices like any other, each a host of
// its own with one CPU and one NIC, in one world whose schedule an oracle decides. Code that runs on
// a device runs here unchanged, under every freedom that the sampling model leaves to hardware.
//
// How it moves. The world takes steps only for those who wait: a synchronous call spends its budget
// in steps, one for each microsecond, and ends at once where nobody can go on; while a queue pair is
// armed, the event loop takes steps. Within a step (in a program's `act`) nothing that waits works:
// a chain submitted there stays pending.
//
// What is visible when. Stores of an owner's port wait in the CPU's store buffer and become visible
// step by step; all of them are before the device posts an operation of its own, before a peer
// imports the region, behind a full fence of the port (`beforeScan`), and when the region closes.
// Stores through `region.bytes` are visible at once.
import { argumentRangeError, argumentTypeError } from '../../errors.ts'
import type { Device, QueuePair } from '../../fabric/contract.ts'
import { NativeBackedDevice } from '../../fabric/native-device.ts'
import type { NativeDeviceInfo } from '../../native/binding.ts'
import type { Program } from '../program.ts'
import { type SamplingChoice, type SamplingModel, samplingModel } from '../sampling-model.ts'
import { World } from '../world.ts'
import { simulatedCapabilities } from './capabilities.ts'
import { DeviceSurface, type FabricParts } from './device-surface.ts'
import { Directory } from './directory.ts'
import { EnginePool } from './engine-pool.ts'
import { HANDLES_MAX, HandleTags } from './handle-table.ts'
import { Pump } from './pump.ts'
import { QueuePairFaults } from './queue-pair-faults.ts'
import { type OracleChoice, SteeredOracle } from './steered-oracle.ts'

/** Responders that the engine tells apart. */
const DEVICES_MAX = 64
const QUEUE_DEPTH_MAX = 4096
const REGION_BYTES_MAX = 2 ** 30
const SEND_BYTES_MAX = 4096
const SETTLE_STEPS_MAX = 1_000_000

export interface SimulatedFabricOptions {
  /** What operations may observe: a preset's name or parameters. Default `minimal`. */
  readonly model?: SamplingChoice
  /**
   * Who decides the schedule: an oracle, the text of a tape, or the seed of random choices. Default:
   * every choice benign.
   */
  readonly oracle?: OracleChoice
}

export class SimulatedFabric {
  readonly model: SamplingModel
  /** For programs of one's own, traces, and the count of steps. */
  readonly world: World
  readonly #oracle: SteeredOracle
  readonly #parts: FabricParts
  readonly #devices = new Map<Device, DeviceSurface>()

  /** @internal Made by `simulatedFabric`. */
  constructor(model: SamplingModel, oracle: SteeredOracle) {
    this.model = model
    this.#oracle = oracle
    // Landing memory is looked at early, and lost responses can be ordered: no replay is left out.
    this.world = new World(model, { landing: 'pieces', allReplays: true })
    this.world.oracle = oracle
    this.#parts = {
      world: this.world,
      pump: new Pump(this.world),
      directory: new Directory(),
      engines: new EnginePool(this.world),
      tags: new HandleTags(),
    }
  }

  /**
   * A device of a host of its own.
   * @throws RangeError ERR_UNTORN_ARGUMENT when the name is taken, or for the 65th device
   */
  openDevice(name: string = `sim${this.#devices.size}`): Device {
    const nic = this.#devices.size
    if (nic >= DEVICES_MAX) throw argumentRangeError(`a fabric has ${DEVICES_MAX} devices at most`)
    for (const device of this.#devices.keys()) {
      if (device.name === name) throw argumentRangeError(`a device is named "${name}" already`)
    }
    const info = describe(name, this.model)
    const surface = new DeviceSurface(this.#parts, info, nic)
    const device = new NativeBackedDevice(
      surface,
      simulatedCapabilities(this.model, info),
      `${name}: opened on a simulated fabric`,
      (region) => surface.port(region.handle),
    )
    this.#devices.set(device, surface)
    return device
  }

  /**
   * Adds an actor of one's own, such as a writer that publishes while readers read. A benign schedule
   * lets whoever went last go on, so a program that is always ready keeps all others from going.
   */
  addProgram(program: Program): void {
    this.world.addProgram(program)
  }

  /**
   * Takes steps until nobody can go on, at most `stepsMax`: then all stores are visible and all
   * operations over that can be. Returns how many it took.
   */
  settle(stepsMax: number = SETTLE_STEPS_MAX): number {
    let steps = 0
    while (steps < stepsMax && this.#parts.pump.step()) steps += 1
    return steps
  }

  /**
   * What the oracle answered so far: `simulatedFabric({ oracle: tape })` decides alike. Repeats a run
   * as far as what is asked comes in the same order, which timers and sockets do not promise.
   * @throws UntornError ERR_UNTORN_BUSY when the answers are more than a tape holds
   */
  tape(): string {
    return this.#oracle.tape()
  }

  /**
   * The host dies: what its stores have not made visible stays invisible, its queue pairs break, its
   * memory is gone, and operations of its peers end with RetryExceeded.
   */
  crash(device: Device): void {
    this.#surfaceOf(device).crash()
  }

  /**
   * Stops the host's CPU: its stores become visible no further, until `thaw` or until a program passes
   * a full fence there.
   */
  freeze(device: Device): void {
    this.#surfaceOf(device).cpu.frozen = true
  }

  thaw(device: Device): void {
    this.#surfaceOf(device).cpu.frozen = false
  }

  /** Whether all stores of the host's CPU are visible. */
  drained(device: Device): boolean {
    return this.#surfaceOf(device).cpu.empty
  }

  /**
   * The next READ whose response may be lost, of whatever queue pair, loses it and is executed again
   * from its first packet on. Where the model says `replay: 'off'` nothing happens.
   */
  loseResponse(): void {
    this.#oracle.loseResponse()
  }

  /** Faults of the open queue pairs of a device, in order of creation. */
  queuePairs(device: Device): readonly QueuePairFaults[] {
    return [...this.#surfaceOf(device).queuePairs].map((surface) => new QueuePairFaults(surface))
  }

  /** Faults of one open queue pair. @throws TypeError ERR_UNTORN_ARGUMENT when it is none of here */
  faults(queuePair: QueuePair): QueuePairFaults {
    const { queuePairNumber, inode } = queuePair.endpoint
    for (const surface of this.#devices.values()) {
      for (const found of surface.queuePairs) {
        const same = found.endpoint.queuePairNumber === queuePairNumber
        if (same && found.endpoint.inode === inode) return new QueuePairFaults(found)
      }
    }
    throw argumentTypeError('this is no open queue pair of the fabric')
  }

  #surfaceOf(device: Device): DeviceSurface {
    const surface = this.#devices.get(device)
    if (surface !== undefined) return surface
    throw argumentTypeError('this is no device of the fabric')
  }
}

/**
 * A simulated fabric, without devices at first.
 * @throws TypeError, RangeError ERR_UNTORN_ARGUMENT for a model or an oracle that is none
 */
export function simulatedFabric(options: SimulatedFabricOptions = {}): SimulatedFabric {
  if (typeof options !== 'object' || options === null) {
    throw argumentTypeError('options must be an object { model, oracle }')
  }
  const model = samplingModel(options.model ?? 'minimal')
  return new SimulatedFabric(model, new SteeredOracle(options.oracle))
}

function describe(name: string, model: SamplingModel): NativeDeviceInfo {
  const port = {
    number: 1,
    state: 'active',
    linkLayer: 'simulation',
    mtuBytes: model.packetBytes,
    lid: 0,
    gids: [],
  }
  return {
    provider: 'simulation',
    name,
    driver: 'simulation',
    firmware: '',
    ports: [port],
    limits: {
      queuePairsMax: HANDLES_MAX,
      queueDepthMax: QUEUE_DEPTH_MAX,
      regionsMax: HANDLES_MAX,
      regionBytesMax: REGION_BYTES_MAX,
      scatterEntriesMax: 1,
      readDepthMax: QUEUE_DEPTH_MAX,
      inlineBytesMax: 0,
      sendBytesMax: SEND_BYTES_MAX,
      atomics: model.nicAtomics,
      dataInOrder: model.sampling === 'ascending' ? 1 : 0,
    },
  }
}
