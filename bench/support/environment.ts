// Where a run took place: what a reader of its figures must know to compare them.
import { readFileSync, readdirSync } from 'node:fs'
import { cpus, release, type as systemName } from 'node:os'
import type { Device } from '../../src/fabric/contract.ts'
import type { Capabilities, ProviderName } from '../../src/fabric/capabilities.ts'

export interface BenchEnvironment {
  readonly node: string
  readonly kernel: string
  readonly cpu: string
  /** Version of rdma-core's libibverbs, null where there is none. */
  readonly rdmaCore: string | null
}

export interface BenchDevice {
  readonly name: string
  readonly provider: ProviderName
  readonly capabilities: Capabilities
}

/** rdma-core names its library libibverbs.so.1.ABI.VERSION: 1.14.44.0 is rdma-core 44.0. */
const libraryName = /libibverbs\.so\.1\.\d+\.(\d+\.\d+)\b/

const libraryFolders: readonly string[] = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib64',
  '/usr/lib',
  '/lib',
]

function textOf(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}

/** Version of the libibverbs this process has loaded, else of the one that is installed. */
export function rdmaCoreVersion(): string | null {
  const loaded = libraryName.exec(textOf(() => readFileSync('/proc/self/maps', 'utf8')))
  if (loaded?.[1] !== undefined) return loaded[1]
  for (const folder of libraryFolders) {
    const installed = libraryName.exec(textOf(() => readdirSync(folder).join('\n')))
    if (installed?.[1] !== undefined) return installed[1]
  }
  return null
}

export function describeEnvironment(): BenchEnvironment {
  const processors = cpus()
  const model = processors[0]?.model.trim() ?? ''
  return {
    node: process.version,
    kernel: `${systemName()} ${release()}`,
    cpu: `${processors.length} × ${model === '' ? process.arch : model}`,
    rdmaCore: rdmaCoreVersion(),
  }
}

export function describeDevice(device: Device): BenchDevice {
  return { name: device.name, provider: device.provider, capabilities: device.capabilities }
}
