// The memory kernels of readers and owners. The hash is WebAssembly, which loads asynchronously;
// `prepareRegions` awaits it, so that whoever made a host or a reader can publish and read
// synchronously. Invariant: a simulated device never needs the addon, which may not be built.
import type { Device } from '../fabric/contract.ts'
import { native } from '../native/load.ts'
import { type Hash64, loadHash } from '../protocols/hash.ts'
import type { MemoryKernels } from '../protocols/local-memory.ts'
import { portableKernels } from '../protocols/portable-kernels.ts'

let loaded: Hash64 | undefined
let portable: MemoryKernels | undefined
let bound: MemoryKernels | undefined

/** Loads what regions need. `listen` and the openers await it; later calls cost nothing. */
export async function prepareRegions(): Promise<void> {
  loaded ??= await loadHash()
}

/** The library's hash, after `prepareRegions`. */
export function preparedHash(): Hash64 {
  if (loaded === undefined) throw new Error('prepareRegions() must be awaited first')
  return loaded
}

/** The kernels for regions on `device`, after `prepareRegions`. */
export function preparedKernels(device: Pick<Device, 'provider'>): MemoryKernels {
  const hash64 = preparedHash()
  if (device.provider === 'simulation') return (portable ??= portableKernels(hash64))
  return (bound ??= nativeKernels(hash64))
}

function nativeKernels(hash64: Hash64): MemoryKernels {
  const binding = native()
  return {
    hash64,
    deinterleave32: (target, source, tag) => binding.deinterleave32(target, source, tag),
  }
}
