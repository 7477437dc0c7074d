// What `untorn doctor` looks at: one check for each thing that has to be in place, with what was
// found and, where something is missing, the command that puts it right. Reads only.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorTable, type ErrorEntry } from '../errors.ts'
import { rdmaCoreVersion } from '../../bench/support/environment.ts'
import { listDevices } from '../fabric/open-device.ts'
import { native } from '../native/load.ts'

export interface DoctorCheck {
  readonly name: string
  /** `missing` limits what can be done; `broken` means that nothing works. */
  readonly status: 'ok' | 'missing' | 'broken'
  readonly found: string
  readonly remedy?: string
}

const entries: Readonly<Record<string, ErrorEntry>> = errorTable

/** Every check, each by itself: a failing one hides none of the others. */
export function runDoctorChecks(): readonly DoctorCheck[] {
  const addon = checkAddon()
  const needAddon = addon.status === 'ok' ? [checkVerbs(), checkDevices()] : []
  return [
    {
      name: 'node',
      status: 'ok',
      found: `${process.version} on ${process.platform} ${process.arch}`,
    },
    addon,
    ...needAddon,
    checkKernelModules(),
    checkLockedMemory(textOf('/proc/self/limits')),
    checkHugePages(textOf('/proc/meminfo')),
    checkPerftest(process.env['PATH'] ?? ''),
  ]
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function checkAddon(): DoctorCheck {
  const name = 'addon'
  try {
    native().verbsStatus()
    return { name, status: 'ok', found: 'built and loaded' }
  } catch (error) {
    const code = (error as { code?: unknown }).code
    const remedy = entries[typeof code === 'string' ? code : '']?.remedy
    const found = error instanceof Error ? error.message : String(error)
    return { name, status: 'broken', found, remedy: remedy ?? 'Run `npm rebuild untorn`.' }
  }
}

function checkVerbs(): DoctorCheck {
  const name = 'verbs'
  const status = native().verbsStatus()
  const remedy = errorTable.ERR_UNTORN_VERBS_UNAVAILABLE.remedy
  if (!status.compiled) {
    return { name, status: 'missing', found: 'not compiled: no infiniband/verbs.h', remedy }
  }
  if (!status.loaded) {
    return { name, status: 'missing', found: `cannot be loaded: ${status.reason}`, remedy }
  }
  const version = rdmaCoreVersion()
  return { name, status: 'ok', found: version === null ? 'loaded' : `rdma-core ${version}` }
}

const noDeviceRemedy =
  'With an RDMA network card: load its driver. Without one: `modprobe rdma_rxe && rdma link add ' +
  'rxe0 type rxe netdev INTERFACE`, or `npm run rxe -- COMMAND` in a checkout of untorn.'

function checkDevices(): DoctorCheck {
  const name = 'devices'
  try {
    const devices = listDevices()
    const verbs = devices.filter((device) => device.provider === 'verbs')
    const active = verbs.filter((device) => device.ports.some((port) => port.state === 'active'))
    const list = devices.map((device) => `${device.name} (${device.driver})`).join(', ')
    if (verbs.length === 0) {
      return { name, status: 'missing', found: `no RDMA device; ${list}`, remedy: noDeviceRemedy }
    }
    if (active.length === 0) {
      const remedy = 'Bring the interface up: `ip link set INTERFACE up`, and look at `rdma link`.'
      return { name, status: 'missing', found: `no active port; ${list}`, remedy }
    }
    return { name, status: 'ok', found: list }
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error)
    return { name, status: 'broken', found, remedy: 'See the message.' }
  }
}

function checkKernelModules(): DoctorCheck {
  const name = 'kernel'
  const loaded = new Set(
    textOf('/proc/modules')
      .split('\n')
      .map((line) => line.split(' ', 1)[0] ?? ''),
  )
  const wanted = ['ib_core', 'ib_uverbs', 'rdma_cm', 'rdma_rxe', 'siw', 'mlx5_ib', 'irdma']
  const found = wanted.filter((module) => loaded.has(module))
  // Built into the kernel they are not in the list of modules, but their folder is there.
  if (existsSync('/sys/class/infiniband_verbs')) {
    return { name, status: 'ok', found: found.join(', ') || 'RDMA built into the kernel' }
  }
  const hint = found.length === 0 ? 'no RDMA modules' : `ib_uverbs is missing (${found.join(', ')})`
  return { name, status: 'missing', found: hint, remedy: 'As root: `modprobe ib_uverbs rdma_rxe`.' }
}

/** Enough for rings and a few megabytes of regions; registering more than the limit fails. */
const LOCKED_BYTES_WANTED = 64 * 2 ** 20

/** @param limits text of /proc/self/limits */
export function checkLockedMemory(limits: string): DoctorCheck {
  const name = 'memlock'
  const soft = /^Max locked memory\s+(\S+)/m.exec(limits)?.[1]
  if (soft === undefined) return { name, status: 'missing', found: 'unknown (no procfs)' }
  if (soft === 'unlimited') return { name, status: 'ok', found: 'unlimited' }
  const found = `${Math.floor(Number(soft) / 1024)} KiB`
  if (Number(soft) >= LOCKED_BYTES_WANTED) return { name, status: 'ok', found }
  return { name, status: 'missing', found, remedy: errorTable.ERR_UNTORN_MEMLOCK.remedy }
}

/** @param memory text of /proc/meminfo */
export function checkHugePages(memory: string): DoctorCheck {
  const name = 'huge pages'
  const number = (key: string): number =>
    Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(memory)?.[1] ?? 0)
  const free = number('HugePages_Free')
  const found = `${free} of ${number('HugePages_Total')} free, ${number('Hugepagesize')} KiB each`
  if (free > 0) return { name, status: 'ok', found }
  return {
    name,
    status: 'missing',
    found: `${found}; needed for { hugePages: true } only`,
    remedy: errorTable.ERR_UNTORN_HUGE_PAGES.remedy,
  }
}

/** @param path the PATH variable */
export function checkPerftest(path: string): DoctorCheck {
  const name = 'perftest'
  const folder = path.split(':').find((entry) => existsSync(join(entry, 'ib_read_lat')))
  if (folder !== undefined) {
    return { name, status: 'ok', found: join(folder, 'ib_read_lat') }
  }
  return {
    name,
    status: 'missing',
    found: 'no ib_read_lat; baseline of `untorn bench latency` over verbs only',
    remedy: 'Debian: `apt-get install perftest`.',
  }
}
