// Turns a device's attributes into guarantees. Where a device does not say, a table of what is
// known of its driver does; what nobody knows is taken to be the weakest. A probe can lower a
// guarantee, never raise one: "not seen to tear" is not "never tears".
import { readFileSync } from 'node:fs'
import type { AtomicGranuleBytes, Capabilities } from './capabilities.ts'
import type { DeviceInfo } from './contract.ts'

/** What a guarantee may depend on beside the device. */
export interface HostFacts {
  readonly arch: string
  /** CPU feature flags, as /proc/cpuinfo names them. */
  readonly cpuFlags: ReadonlySet<string>
}

type Memory = Pick<
  Capabilities,
  | 'atomicGranuleBytes'
  | 'sampling'
  | 'readAfterRead'
  | 'replay'
  | 'writeCompletion'
  | 'relaxedOrdering'
> & { readonly evidence: readonly string[] }

export function readHostFacts(): HostFacts {
  let flags = ''
  try {
    flags = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? ''
  } catch {
    // No procfs: no flags, which only matters to rxe, and there the absence reads as the weakest.
    flags = 'erms'
  }
  return { arch: process.arch, cpuFlags: new Set(flags.trim().split(/\s+/)) }
}

export function deriveCapabilities(info: DeviceInfo, host: HostFacts): Capabilities {
  const memory = memoryGuarantees(info, host)
  const limits = info.limits
  return {
    ...memory,
    atomics: limits.atomics === 'global' || limits.atomics === 'hca' ? limits.atomics : 'none',
    readDepthMax: limits.readDepthMax,
    inlineBytesMax: limits.inlineBytesMax,
    sendBytesMax: limits.sendBytesMax,
    scatterEntriesMax: limits.scatterEntriesMax,
    queueDepthMax: limits.queueDepthMax,
    pathMtuBytes: info.provider === 'verbs' ? activeMtu(info) : 0,
  }
}

function memoryGuarantees(info: DeviceInfo, host: HostFacts): Memory {
  if (info.provider === 'shared-memory') return sharedMemory()
  if (info.driver === 'rxe') return rxe(host)
  if (info.driver === 'siw') return softwareCopy('siw copies payload with no promised granule')
  return hardware(info, host)
}

function sharedMemory(): Memory {
  return {
    atomicGranuleBytes: 8,
    sampling: 'arbitrary',
    readAfterRead: 'ordered',
    replay: false,
    writeCompletion: 'visible',
    relaxedOrdering: true,
    evidence: ['granule 8: the copy kernel loads aligned words of 8 bytes or more'],
  }
}

function softwareCopy(reason: string, granule: AtomicGranuleBytes = 1): Memory {
  return {
    atomicGranuleBytes: granule,
    sampling: 'arbitrary',
    readAfterRead: 'ordered',
    replay: true,
    writeCompletion: 'visible',
    relaxedOrdering: true,
    evidence: [`granule ${granule}: ${reason}`],
  }
}

/** rxe answers a READ with one kernel memcpy for each packet of the path MTU. */
function rxe(host: HostFacts): Memory {
  if (host.arch !== 'x64') return softwareCopy(`rxe's memcpy on ${host.arch} is not known`)
  const byteCopy = ['erms', 'fsrm'].filter((flag) => host.cpuFlags.has(flag))
  if (byteCopy.length > 0) {
    return softwareCopy(
      `rxe copies with "rep movsb" on a CPU with ${byteCopy.join(' and ')}, which promises no ` +
        'unit larger than a byte',
    )
  }
  return softwareCopy('rxe copies with 8-byte moves on an x86-64 CPU without erms and fsrm', 8)
}

/** DMA engines that read host memory by whole cache lines on x86-64. */
const lineReaders: ReadonlySet<string> = new Set(['mlx4_core', 'mlx5_core'])

function hardware(info: DeviceInfo, host: HostFacts): Memory {
  const wholeLines = host.arch === 'x64' && lineReaders.has(info.driver)
  const inOrder = info.limits.dataInOrder !== 0
  return {
    atomicGranuleBytes: wholeLines ? 64 : 8,
    sampling: inOrder ? 'ascending' : 'arbitrary',
    readAfterRead: 'unordered',
    replay: true,
    writeCompletion: 'accepted',
    relaxedOrdering: false,
    evidence: [
      wholeLines
        ? `granule 64: ${info.driver} reads whole cache lines on x86-64`
        : `granule 8: nothing more is known of ${info.driver || 'this driver'} on ${host.arch}`,
      `sampling: ibv_query_qp_data_in_order answers ${info.limits.dataInOrder}`,
    ],
  }
}

function activeMtu(info: DeviceInfo): number {
  return info.ports.find((port) => port.state === 'active')?.mtuBytes ?? 0
}
