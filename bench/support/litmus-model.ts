// Which sampling model a device is held against, and which litmus programs it can run. Errs towards a
// model that allows more: what it forbids, nothing on the way to this device's memory promises less.
import type { Device } from '../../src/fabric/contract.ts'
import { LINE_BYTES } from '../../src/simulation/litmus/layout.ts'
import type { LitmusProgram } from '../../src/simulation/litmus/program.ts'
import {
  type SamplingModel,
  type SamplingPreset,
  samplingPresets,
} from '../../src/simulation/sampling-model.ts'

export interface DeviceModel {
  readonly preset: SamplingPreset
  /** The preset with the device's own granule and packets, and the CPU of this machine. */
  readonly model: SamplingModel
}

type Judged = Pick<Device, 'provider' | 'capabilities'> & {
  readonly info: Pick<Device['info'], 'driver'>
}

function presetOf(device: Judged, arch: string): SamplingPreset {
  if (device.provider === 'shared-memory') return 'sharedMemory'
  if (device.info.driver === 'rxe') return 'rxe'
  const ordered = !device.capabilities.relaxedOrdering
  return arch === 'x64' && ordered && device.capabilities.sampling === 'arbitrary'
    ? 'nicX86'
    : 'minimal'
}

/** The model whose outcomes a device may show. */
export function deviceModel(device: Judged, arch: string = process.arch): DeviceModel {
  const preset = presetOf(device, arch)
  const { atomicGranuleBytes, pathMtuBytes } = device.capabilities
  const packetBytes = Math.max(LINE_BYTES, pathMtuBytes - (pathMtuBytes % LINE_BYTES))
  const cpu = arch === 'x64' ? 'tso' : 'weak'
  return { preset, model: { ...samplingPresets[preset], atomicGranuleBytes, packetBytes, cpu } }
}

/** Why a program cannot be run on a device; null when it can. */
export function whyNotRun(
  program: LitmusProgram,
  capabilities: Pick<Device['capabilities'], 'atomics'>,
): string | null {
  if (program.cpus.length > 1) {
    return 'several CPUs: no two threads of JavaScript can share registered memory'
  }
  if (program.peers.some((peer) => peer.nic !== 0)) return 'several NICs: the device is one'
  const isAtomic = (kind: string): boolean => kind === 'compareAndSwap' || kind === 'fetchAndAdd'
  const atomic = program.peers.some((peer) => peer.instructions.some(({ kind }) => isAtomic(kind)))
  if (atomic && capabilities.atomics === 'none') return 'the device has no atomics'
  return null
}
