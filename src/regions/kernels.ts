// The memory kernels of production readers and owners. The hash is WebAssembly, which loads
// asynchronously; loading begins with this module and `prepareRegions` awaits it, so that whoever
// made a device, host or peer can publish and read synchronously.
import { native } from '../native/load.ts'
import { type Hash64, loadHash } from '../protocols/hash.ts'
import type { MemoryKernels } from '../protocols/local-memory.ts'

let kernels: MemoryKernels | undefined

/** Loads what regions need. `listen` and `openReader` await it; later calls cost nothing. */
export async function prepareRegions(): Promise<void> {
  kernels ??= bindKernels(await loadHash())
}

function bindKernels(hash64: Hash64): MemoryKernels {
  const binding = native()
  return {
    hash64,
    deinterleave32: (target, source, tag) => binding.deinterleave32(target, source, tag),
  }
}

/** The kernels, after `prepareRegions`. */
export function preparedKernels(): MemoryKernels {
  if (kernels === undefined) throw new Error('prepareRegions() must be awaited first')
  return kernels
}
