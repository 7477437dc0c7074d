// Finds and opens devices: the best one present, or the one that was named.
import { UntornError } from '../errors.ts'
import type { NativeRegion } from '../native/binding.ts'
import { native } from '../native/load.ts'
import type { Capabilities, ProviderName } from './capabilities.ts'
import type { Device, DeviceInfo } from './contract.ts'
import { deriveCapabilities, readHostFacts } from './derive-capabilities.ts'
import { NativeBackedDevice } from './native-device.ts'
import { NativeLocalMemory } from './native-local-memory.ts'

/** The shared-memory provider has one device. */
export const SHARED_MEMORY_DEVICE = 'shm'

const softwareDrivers: ReadonlySet<string> = new Set(['rxe', 'siw'])

/** Why there are no RDMA devices to list, or empty. */
function verbsProblem(): string {
  const status = native().verbsStatus()
  if (!status.compiled) return 'the verbs provider was not compiled (no infiniband/verbs.h)'
  return status.loaded ? '' : status.reason
}

/**
 * Every device of every provider, RDMA devices first. Never fails for want of RDMA libraries.
 * @throws UntornError ERR_UNTORN_NATIVE_MISSING when the addon is not built
 */
export function listDevices(): readonly DeviceInfo[] {
  const verbs = verbsProblem() === '' ? native().listDevices('verbs') : []
  return [...verbs, ...native().listDevices('shared-memory')]
}

/** What `device` guarantees on this host. */
export function capabilitiesOf(device: DeviceInfo): Capabilities {
  return deriveCapabilities(device, readHostFacts())
}

export interface DeviceChoice {
  readonly info: DeviceInfo
  readonly reason: string
}

function isActive(device: DeviceInfo): boolean {
  return device.ports.some((port) => port.state === 'active')
}

/** The device `openDevice()` takes when none is named: hardware, then rxe, then shared memory. */
export function chooseDevice(devices: readonly DeviceInfo[]): DeviceChoice {
  const rdma = devices.filter((device) => device.provider === 'verbs')
  const active = rdma.filter(isActive)
  const hardware = active.find((device) => !softwareDrivers.has(device.driver))
  if (hardware !== undefined) {
    return { info: hardware, reason: `${hardware.name}: RDMA hardware with an active port` }
  }
  const software = active[0]
  if (software !== undefined) {
    return {
      info: software,
      reason: `${software.name}: software RDMA (${software.driver}) with an active port; no hardware`,
    }
  }
  const memory = devices.find((device) => device.provider === 'shared-memory')
  if (memory === undefined) throw new UntornError('ERR_UNTORN_NO_DEVICE', 'no device at all')
  const why = rdma.length > 0 ? `no port of ${namesOf(rdma)} is active` : 'no RDMA device'
  const problem = verbsProblem()
  return {
    info: memory,
    reason: `${memory.name}: peers on this host only; ${problem === '' ? why : problem}`,
  }
}

function namesOf(devices: readonly DeviceInfo[]): string {
  return devices.map((device) => device.name).join(', ') || 'none'
}

function findDevice(name: string): DeviceChoice {
  const devices = listDevices()
  const info = devices.find((device) => device.name === name)
  if (info !== undefined) return { info, reason: `${name}: asked for by name` }
  const problem = verbsProblem()
  if (problem !== '') {
    throw new UntornError(
      'ERR_UNTORN_VERBS_UNAVAILABLE',
      `device "${name}" is not here, and RDMA devices cannot be used: ${problem}. ` +
        'Install rdma-core (Debian: apt-get install libibverbs-dev ibverbs-providers) and run ' +
        '`npm rebuild untorn`',
    )
  }
  throw new UntornError(
    'ERR_UNTORN_NO_DEVICE',
    `no device is named "${name}"; there are: ${namesOf(devices)}`,
  )
}

export interface OpenDeviceOptions {
  /** Use these guarantees instead of the derived ones: for a probe's result, or to be stricter. */
  readonly capabilities?: Partial<Capabilities>
}

/**
 * Opens a device. Without a name: the one in the environment variable UNTORN_DEVICE, else RDMA
 * hardware with an active port, else software RDMA, else shared memory; `device.choice` says why.
 * @throws UntornError ERR_UNTORN_NO_DEVICE, ERR_UNTORN_VERBS_UNAVAILABLE,
 *   ERR_UNTORN_NATIVE_MISSING, ERR_UNTORN_SYSTEM
 */
export async function openDevice(name?: string, options: OpenDeviceOptions = {}): Promise<Device> {
  const wanted = name ?? process.env['UNTORN_DEVICE']
  const { info, reason } =
    wanted === undefined || wanted === '' ? chooseDevice(listDevices()) : findDevice(wanted)
  const opened = native().openDevice(info.provider satisfies ProviderName, info.name)
  // The device's answer after opening knows more (data in order needs a queue pair).
  const capabilities = { ...capabilitiesOf(opened.info), ...options.capabilities }
  return await Promise.resolve(new NativeBackedDevice(opened, capabilities, reason, nativePort))
}

function nativePort(region: NativeRegion): NativeLocalMemory {
  return new NativeLocalMemory(new Uint8Array(region.buffer), native())
}
