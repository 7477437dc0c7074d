// Where the protocols' suite runs: a host and its peer in one process, each with a device of its own,
// on real devices or on one simulated fabric. UNTORN_DEVICE chooses the real one; where that is shared
// memory, simulated ones are added.
import { expect, onTestFinished } from 'vitest'
import { SHARED_MEMORY_DEVICE } from '../../../src/fabric/index.ts'
import {
  type Device,
  type Host,
  type Peer,
  connect,
  listen,
  openDevice,
} from '../../../src/index.ts'
import {
  type SimulatedFabricOptions,
  simulatedFabric,
} from '../../../src/simulation/device/index.ts'

export interface Devices {
  readonly host: Device
  readonly peer: Device
  /** Returns when everything that was stored is visible. */
  readonly settle: () => void
}

export interface World {
  readonly name: string
  open(): Promise<Devices>
}

export interface Session {
  readonly host: Host
  readonly peer: Peer
  readonly settle: () => void
}

function real(name: string): World {
  return {
    name,
    open: async () => ({
      host: await openDevice(name),
      peer: await openDevice(name),
      settle: () => undefined,
    }),
  }
}

function simulated(name: string, options: SimulatedFabricOptions): World {
  return {
    name,
    open: async () => {
      const fabric = simulatedFabric(options)
      const [host, peer] = [fabric.openDevice('host'), fabric.openDevice('peer')]
      return { host, peer, settle: () => void fabric.settle() }
    },
  }
}

function worldsHere(): World[] {
  const name = process.env['UNTORN_DEVICE'] ?? SHARED_MEMORY_DEVICE
  if (name !== SHARED_MEMORY_DEVICE) return [real(name)]
  const seed = Number(process.env['UNTORN_SEED'] ?? 1)
  return [
    real(name),
    simulated('simulated nicX86', { model: 'nicX86' }),
    simulated(`simulated minimal, seed ${seed}`, { model: 'minimal', oracle: seed }),
    simulated(`simulated bytes, seed ${seed}`, { model: 'bytes', oracle: seed }),
  ]
}

export const worlds: readonly World[] = worldsHere()

/** A connected pair; when the test has finished, nothing of it may be left on the devices. */
export async function openSession(world: World): Promise<Session> {
  const devices = await world.open()
  const host = await listen(devices.host, { port: 0, host: '127.0.0.1' })
  const peer = await connect(devices.peer, { host: '127.0.0.1', port: host.port })
  onTestFinished(async () => {
    await peer.close()
    await host.close()
    for (const device of [devices.host, devices.peer]) {
      const nothing = { regions: 0, windows: 0, remoteRegions: 0, queuePairs: 0 }
      expect(device.accounting()).toMatchObject(nothing)
      await device.close()
    }
  })
  return { host, peer, settle: devices.settle }
}
