// Goal: a soak passes only when nothing is wrong: no torn snapshot, no lost update, no failure that no
// protocol promises, no growth without bound. Method: records of actors that never were.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ActorReport, RoleName } from '../../../../bench/soak/soak-messages.ts'
import { type Recorded, SoakRecord } from '../../../../bench/soak/soak-record.ts'
import type { SoakReport } from '../../../../bench/soak/soak-report.ts'
import { openDevice } from '../../../../src/fabric/open-device.ts'
import type { Device } from '../../../../src/fabric/contract.ts'

const blank: ActorReport = {
  operations: [{ protocol: 'seqlock', what: 'read', count: 9 }],
  failures: [],
  tornAccepted: 0,
  violations: [],
  doing: 'nothing',
  successes: 9,
  incarnation: 1,
  heap: null,
}

function actor(role: RoleName, overrides: Partial<ActorReport> = {}): Recorded {
  return { name: `${role} 1`, role, stopped: false, report: { ...blank, ...overrides } }
}

let device: Device
beforeAll(async () => {
  device = await openDevice('shm')
})
afterAll(() => device.close())

const conclude = (record: SoakRecord): SoakReport =>
  record.report({ device, seed: 1, durationSeconds: 1 })

describe('verdict', () => {
  test.each<[string, Recorded, boolean]>([
    ['all is well', actor('reader'), true],
    [
      'failures that faults explain',
      actor('reader', {
        failures: [{ protocol: 'seqlock', what: 'ERR_UNTORN_PEER_LOST', count: 3 }],
      }),
      true,
    ],
    [
      'the same where no fault explains them',
      actor('owner', {
        failures: [{ protocol: 'seqlock', what: 'ERR_UNTORN_PEER_LOST', count: 1 }],
      }),
      false,
    ],
    [
      'a failure that no protocol promises',
      actor('holder', {
        failures: [{ protocol: 'locked', what: 'ERR_UNTORN_BROKEN_PROTOCOL', count: 1 }],
      }),
      false,
    ],
    ['an actor’s own complaint', actor('pinner', { violations: ['torn'], tornAccepted: 1 }), false],
    ['nothing was done', actor('reader', { operations: [], successes: 0 }), false],
  ])('%s', (_name, ended, passed) => {
    const record = new SoakRecord()
    record.ended(ended)
    const report = conclude(record)
    expect(report.passed).toBe(passed)
    expect(report.violations.length === 0).toBe(passed)
    expect(report.tornAccepted).toBe(ended.report?.tornAccepted)
  })

  test('a lost update', () => {
    const record = new SoakRecord()
    record.ended(actor('holder'))
    record.settle({ updates: 7, lost: 1, violations: ['two of one'] })
    expect(conclude(record)).toMatchObject({ passed: false, updates: 7, lostUpdates: 1 })
  })
})

test('totals are those of all actors of a role; recoveries and faults are counted by kind', () => {
  const record = new SoakRecord()
  record.ended(actor('reader'))
  record.ended(actor('reader'))
  record.ended(actor('owner'))
  for (const milliseconds of [10, 20, 90]) record.recovered('reader killed', milliseconds)
  record.fault('reader killed')
  record.fault('reader killed')
  const report = conclude(record)
  expect(report.operations).toEqual([
    { role: 'owner', protocol: 'seqlock', what: 'read', count: 9 },
    { role: 'reader', protocol: 'seqlock', what: 'read', count: 18 },
  ])
  expect(report.faults).toEqual([{ kind: 'reader killed', count: 2 }])
  expect(report.recoveries).toMatchObject([{ count: 3, p50Ms: 20, p99Ms: 90, maxMs: 90 }])
})

describe('processes', () => {
  const start = { rssBytes: 50e6, handles: 20 }
  const grown = (rssBytes: number, handles: number): SoakReport => {
    const record = new SoakRecord()
    const reader = actor('reader')
    record.ended(reader)
    expect(record.wantsHealth(reader, 1000)).toBe(false)
    expect(record.wantsHealth(reader, 9000)).toBe(true)
    record.health(reader, start, 9000)
    record.health(reader, { rssBytes, handles }, 60_000)
    return conclude(record)
  }

  test('growth is told, and fine within its bounds', () => {
    const report = grown(60e6, 25)
    expect(report.passed).toBe(true)
    expect(report.processes).toEqual([
      {
        role: 'reader',
        livedSeconds: 51,
        rssBytesStart: 50e6,
        rssBytesEnd: 60e6,
        handlesStart: 20,
        handlesEnd: 25,
      },
    ])
  })

  test.each([
    ['handles', 50e6, 90],
    ['memory', 900e6, 20],
  ])('%s without bound are a violation', (_what, rssBytes, handles) => {
    expect(grown(rssBytes, handles).passed).toBe(false)
  })
})
