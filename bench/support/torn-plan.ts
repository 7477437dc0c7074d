// Which rows a torn-read bench runs, and which region each of them reads.
import type { ProviderName } from '../../src/fabric/capabilities.ts'
import type { ProtocolName } from '../../src/regions/contract.ts'
import type { BenchProtocol, BenchScheme, RegionOrder } from '../protocols/bench-protocol.ts'
import { benchProtocols } from '../protocols/protocol-table.ts'

export interface RowPlan {
  readonly protocol: ProtocolName
  /** Name of the strategy, or of the negative control. */
  readonly strategy: string
  readonly control: boolean
  readonly payloadBytes: number
  readonly writerIntervalUs: number
}

export interface PlanChoices {
  readonly provider: ProviderName
  readonly payloadSizes: readonly number[]
  /** Of all rows; where none are given, each protocol has its own. */
  readonly writerIntervalsUs?: readonly number[]
  /** Out of `protocolNames`; empty is everything. */
  readonly selection: readonly string[]
}

/** Names that `--protocol` accepts: a protocol, or one strategy or control of it. */
export function protocolNames(): readonly string[] {
  return benchProtocols.flatMap(({ name, schemes }) => [
    name,
    ...schemes.map((scheme) => `${name}/${scheme.name}`),
  ])
}

/**
 * The rows in the order in which they run. A selection that names strategies only still runs all
 * controls of their protocols, since without them a run would show nothing; one that names controls
 * only runs just those.
 */
export function planRows(choices: PlanChoices): readonly RowPlan[] {
  return benchProtocols.flatMap((protocol) => {
    const schemes = selectSchemes(protocol, choices.selection)
    const usual = protocol.intervalUs[choices.provider]
    const rows = choices.payloadSizes.flatMap((payloadBytes) =>
      (choices.writerIntervalsUs ?? [undefined]).flatMap((asked) =>
        schemes.map((scheme) => {
          const own = scheme.control ? (protocol.controlIntervalUs ?? usual) : usual
          return rowOf(protocol, scheme, payloadBytes, asked ?? own)
        }),
      ),
    )
    return [...rows, ...unpausedRows(protocol, choices)]
  })
}

function unpausedRows(protocol: BenchProtocol, choices: PlanChoices): readonly RowPlan[] {
  const { selection, writerIntervalsUs, payloadSizes } = choices
  const payloadBytes = payloadSizes[Math.floor(payloadSizes.length / 2)]
  if (payloadBytes === undefined || writerIntervalsUs !== undefined) return []
  if (selection.length > 0 && !selection.includes(protocol.name)) return []
  return protocol.schemes
    .filter(({ name }) => protocol.unpaused.includes(name))
    .map((scheme) => rowOf(protocol, scheme, payloadBytes, 0))
}

function rowOf(
  protocol: BenchProtocol,
  scheme: BenchScheme,
  payloadBytes: number,
  writerIntervalUs: number,
): RowPlan {
  const { name: strategy, control } = scheme
  return { protocol: protocol.name, strategy, control, payloadBytes, writerIntervalUs }
}

function selectSchemes(
  protocol: BenchProtocol,
  selection: readonly string[],
): readonly BenchScheme[] {
  const { name, schemes } = protocol
  if (selection.length === 0 || selection.includes(name)) return schemes
  const named = schemes.filter((scheme) => selection.includes(`${name}/${scheme.name}`))
  if (named.length === 0 || named.some(({ control }) => control)) return named
  return [...named, ...schemes.filter(({ control }) => control)]
}

/** The region that a row reads. Rows of other paces share it, unless their payloads are prepared. */
export function regionOf(plan: RowPlan): RegionOrder {
  const { protocol, strategy: scheme, control, payloadBytes, writerIntervalUs } = plan
  const prepared = writerIntervalUs === 0
  const kind = control ? 'control' : 'strategy'
  const name = `${protocol}-${kind}-${scheme}-${payloadBytes}${prepared ? '-prepared' : ''}`
  return { name, protocol, scheme, control, payloadBytes, prepared }
}
