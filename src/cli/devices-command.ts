// `untorn devices`: every device with its ports and addresses, what its memory guarantees and how
// that is known, and which one `openDevice()` would take.
import type { Command } from 'commander'
import type { Capabilities, ProviderName } from '../fabric/capabilities.ts'
import type { DeviceInfo } from '../fabric/contract.ts'
import { capabilitiesOf, chooseDevice, listDevices } from '../fabric/open-device.ts'
import type { NativeLimits, NativePort } from '../native/binding.ts'
import { type JudgedDevice, judgeStrategy, soundStrategies } from '../regions/chooser.ts'
import type { ProtocolName } from '../regions/contract.ts'
import { chosenProtocols, strategiesOf } from '../regions/strategy-table.ts'
import { ExitStatus, type ExitStatusCode } from './exit-status.ts'
import { writeReport } from './report-output.ts'
import { type Paint, type Terminal, painter } from './terminal.ts'

export const DEVICES_SCHEMA = 'untorn.devices/2'

export interface ListedDevice {
  readonly name: string
  readonly provider: ProviderName
  readonly driver: string
  readonly firmware: string
  readonly ports: readonly NativePort[]
  readonly limits: NativeLimits
  readonly capabilities: Capabilities
  /** By protocol. */
  readonly protocols: Readonly<Record<string, ListedStrategies>>
}

/** What a device is good for with one protocol. */
export interface ListedStrategies {
  /** Each strategy and, where it is unsound here, why; null when it is sound. */
  readonly strategies: Readonly<Record<string, string | null>>
  /** What a region of a small payload takes when no strategy is named; null when none is sound. */
  readonly defaultStrategy: string | null
}

export interface DevicesReport {
  readonly schema: typeof DEVICES_SCHEMA
  readonly chosen: { readonly name: string; readonly reason: string }
  readonly devices: readonly ListedDevice[]
}

/** A payload of one cache line stands for small ones. */
const SMALL_PAYLOAD_BYTES = 64

/** Adds the command; its result goes to `done`. */
export function addDevicesCommand(
  program: Command,
  terminal: Terminal,
  done: (status: ExitStatusCode) => void,
): void {
  program
    .command('devices')
    .description('list devices, ports, GIDs, and what their memory guarantees')
    .option('--json', 'print one JSON object')
    .action((options: { readonly json?: boolean }) => {
      const report = describeDevices(listDevices())
      writeReport(terminal, options, report, () =>
        devicesText(report, painter(terminal, terminal.output)),
      )
      done(ExitStatus.Fine)
    })
}

export function describeDevices(devices: readonly DeviceInfo[]): DevicesReport {
  // The environment variable that `openDevice` obeys is honoured here as well.
  const wanted = process.env['UNTORN_DEVICE'] ?? ''
  const named = devices.find((device) => device.name === wanted)
  const choice =
    named === undefined
      ? chooseDevice(devices)
      : { info: named, reason: `${wanted}: named by UNTORN_DEVICE` }
  return {
    schema: DEVICES_SCHEMA,
    chosen: { name: choice.info.name, reason: choice.reason },
    devices: devices.map((info) => listed(info)),
  }
}

function listed(info: DeviceInfo): ListedDevice {
  const capabilities = capabilitiesOf(info)
  const { name, provider, driver, firmware, ports, limits } = info
  const judged = { name, provider, capabilities }
  return {
    name,
    provider,
    driver,
    firmware,
    ports,
    limits,
    capabilities,
    protocols: Object.fromEntries(
      chosenProtocols.map((protocol) => [protocol, strategiesOn(protocol, judged)]),
    ),
  }
}

function strategiesOn(protocol: ProtocolName, device: JudgedDevice): ListedStrategies {
  const verdicts = strategiesOf(protocol).map((strategy) =>
    judgeStrategy(protocol, strategy, device.capabilities),
  )
  return {
    strategies: Object.fromEntries(
      verdicts.map((verdict) => [verdict.strategy, verdict.sound ? null : verdict.reason]),
    ),
    defaultStrategy: soundStrategies(protocol, device, SMALL_PAYLOAD_BYTES)[0] ?? null,
  }
}

const LABEL_WIDTH = 26

function line(depth: number, label: string, value: string | number): string {
  const indent = '  '.repeat(depth)
  return `${indent}${`${label}:`.padEnd(LABEL_WIDTH - indent.length)} ${value}`
}

/** The listing for people, in the manner of ibv_devinfo and show_gids. */
export function devicesText(report: DevicesReport, paint: Paint): string {
  const blocks = report.devices.map((device) => {
    const mark = device.name === report.chosen.name ? paint('green', '  (chosen)') : ''
    return [
      `${paint('bold', device.name)}${mark}`,
      line(1, 'provider', `${device.provider} (${device.driver})`),
      ...(device.firmware === '' ? [] : [line(1, 'firmware', device.firmware)]),
      ...device.ports.flatMap(portLines),
      ...capabilityLines(device.capabilities),
      ...limitLines(device.limits),
      ...strategyLines(device),
    ].join('\n')
  })
  return [...blocks, `openDevice() takes ${report.chosen.reason}`].join('\n\n')
}

function portLines(port: NativePort): string[] {
  return [
    line(1, `port ${port.number}`, `${port.state}, ${port.linkLayer}, MTU ${port.mtuBytes}`),
    ...(port.lid === 0 ? [] : [line(2, 'lid', port.lid)]),
    ...port.gids.map((gid) => {
      const device = gid.interface === '' ? '' : `  ${gid.interface}`
      return line(2, `GID ${gid.index}`, `${gid.type.padEnd(7)}  ${gid.address}${device}`)
    }),
  ]
}

function capabilityLines(capabilities: Capabilities): string[] {
  const yes = (flag: boolean): string => (flag ? 'yes' : 'no')
  return [
    line(1, 'atomic granule', `${capabilities.atomicGranuleBytes} bytes`),
    line(1, 'sampling', capabilities.sampling),
    line(1, 'READ after READ', capabilities.readAfterRead),
    line(1, 'READs replayed', yes(capabilities.replay)),
    line(1, 'WRITE completion', capabilities.writeCompletion),
    line(1, 'relaxed ordering', yes(capabilities.relaxedOrdering)),
    line(1, 'atomics', capabilities.atomics),
    ...capabilities.evidence.map((sentence) => line(1, 'evidence', sentence)),
  ]
}

function limitLines(limits: NativeLimits): string[] {
  return [
    line(1, 'queue depth', limits.queueDepthMax),
    line(1, 'READs outstanding', limits.readDepthMax),
    line(1, 'scatter entries', limits.scatterEntriesMax),
    line(1, 'inline', `${limits.inlineBytesMax} bytes`),
    line(1, 'region', `${limits.regionBytesMax} bytes`),
  ]
}

function strategyLines(device: ListedDevice): string[] {
  return Object.entries(device.protocols).flatMap(([protocol, { strategies, defaultStrategy }]) =>
    Object.entries(strategies).map(([name, reason]) => {
      const chosen = name === defaultStrategy ? ' (default for small payloads)' : ''
      const verdict = reason === null ? `sound${chosen}` : `unsound: ${reason}`
      return line(1, `${protocol}/${name}`, verdict)
    }),
  )
}
