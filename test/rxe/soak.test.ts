// Goal: processes that are killed and stopped while all protocols run over a real RDMA device break no
// promise. Method: a short soak, as a program of its own. That it ran over the device at all, and under
// every protocol, is part of what is asked.
import { expect, test } from 'vitest'
import { soakProtocols } from '../../bench/soak/soak-regions.ts'
import { runNode } from '../integration/programs.ts'

const device = process.env['UNTORN_RXE_DEVICE'] ?? 'rxe0'
/** Starting eight processes takes an emulated machine most of the time. */
const TIMEOUT_MS = 480_000

interface Report {
  readonly device: { readonly provider: string }
  readonly operations: readonly { readonly protocol: string }[]
  readonly faults: readonly unknown[]
  readonly violations: readonly string[]
}

test(
  'a short soak: no violation',
  async () => {
    const args = ['bench', 'soak', '--device', device, '--minutes', '0.3', '--seed', '5', '--json']
    const ending = await runNode(['dist/src/cli/main.js', ...args], { timeoutMs: TIMEOUT_MS })
    expect(ending.stderr).toBe('')
    const report = JSON.parse(ending.stdout) as Report
    expect(report.violations).toEqual([])
    expect(report.device.provider).toBe('verbs')
    const protocols = new Set(report.operations.map(({ protocol }) => protocol))
    expect(protocols).toEqual(new Set(soakProtocols))
    expect(report.faults.length).toBeGreaterThan(0)
    expect(ending.status).toBe(0)
  },
  TIMEOUT_MS,
)
