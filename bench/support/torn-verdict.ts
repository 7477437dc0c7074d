// What a torn-read bench shows, in words. Passed means: sound rows read, and accepted nothing torn;
// and of every protocol whose controls ran at least one was torn, since rows beside which nothing can
// tear show nothing.
import type { Platform } from '../protocols/bench-protocol.ts'
import { benchScheme } from '../protocols/protocol-table.ts'
import type { TornRow, TornVerdict } from './torn-report.ts'

/** @param platform where the rows were run; null where nobody has looked yet what tears there */
export function judgeTorn(rows: readonly TornRow[], platform: Platform | null): TornVerdict {
  const run = rows.filter((row) => row.refused === undefined)
  const controls = run.filter((row) => row.control)
  const silent = protocolsOf(controls).filter(
    (protocol) => total(of(controls, protocol), 'tornAccepted') === 0,
  )
  const shown = total(controls, 'tornAccepted') > 0 && silent.length === 0
  const sentences = [
    ...controlSentences(controls, silent),
    ...uncaughtSentences(controls, platform),
  ]
  if (rows.every((row) => row.control)) return { passed: shown, sentences }

  const sound = run.filter((row) => !row.control)
  const clean =
    total(sound, 'reads') > 0 && total(sound, 'tornAccepted') === 0 && lostUpdates(sound) === 0
  return {
    passed: shown && clean,
    sentences: [
      ...soundSentences(sound),
      ...updateSentences(sound),
      ...sentences,
      ...unpausedSentences(sound),
      ...starvedSentences(sound),
    ],
  }
}

function soundSentences(sound: readonly TornRow[]): readonly string[] {
  const torn = sound.filter((row) => row.tornAccepted > 0)
  if (torn.length > 0) {
    const list = torn.map((row) => `${describe(row)} (${row.tornAccepted})`).join(', ')
    return [`TORN READS WERE ACCEPTED by sound strategies: ${list}.`]
  }
  const reads = count(total(sound, 'reads'))
  return [`Sound strategies: none of ${reads} accepted reads was torn.`]
}

/** Where several write, each on what another one left. */
function updateSentences(sound: readonly TornRow[]): readonly string[] {
  const rows = sound.filter((row) => row.lostUpdates !== null)
  if (rows.length === 0) return []
  const lost = lostUpdates(rows)
  return lost === 0
    ? ['Updates of several writers: none was lost.']
    : [`${count(lost)} UPDATES WERE LOST under sound strategies.`]
}

function lostUpdates(rows: readonly TornRow[]): number {
  return rows.reduce((sum, row) => sum + (row.lostUpdates ?? 0), 0)
}

function controlSentences(
  controls: readonly TornRow[],
  silent: readonly string[],
): readonly string[] {
  const torn = total(controls, 'tornAccepted')
  const remedy = 'Let it run for longer (--duration), or with larger payloads (--size).'
  if (torn === 0) {
    return ['No negative control accepted a torn read: this run shows nothing.', remedy]
  }
  return [
    `Negative controls: ${count(torn)} of ${count(total(controls, 'reads'))} accepted reads were ` +
      'torn, so the memory does tear and the bench sees it.',
    ...silent.map(
      (protocol) => `No control of ${protocol} was torn: of ${protocol} this run shows nothing.`,
    ),
    ...(silent.length === 0 ? [] : [remedy]),
  ]
}

/** Controls that were not torn: those that have been seen to be, here, and the others. */
function uncaughtSentences(
  controls: readonly TornRow[],
  platform: Platform | null,
): readonly string[] {
  const names = [...new Set(controls.map(nameOf))].filter(
    (name) =>
      total(
        controls.filter((row) => nameOf(row) === name),
        'tornAccepted',
      ) === 0,
  )
  const canTear = (name: string): boolean => {
    const row = controls.find((candidate) => nameOf(candidate) === name)
    if (row === undefined || platform === null) return false
    return benchScheme(row.protocol, row.strategy).tearsOn.includes(platform)
  }
  const missed = names.filter(canTear)
  const others = names.filter((name) => !canTear(name))
  return [
    ...(missed.length === 0
      ? []
      : [`Not caught in this run, though this memory tears them: ${missed.join(', ')}.`]),
    ...(others.length === 0
      ? []
      : [`Not caught on this device: ${others.join(', ')}. That is no proof that they are sound.`]),
  ]
}

/** How the protocols fare beside each other where a writer leaves no gap between its writes. */
function unpausedSentences(sound: readonly TornRow[]): readonly string[] {
  const unpaused = sound.filter((row) => row.writerIntervalUs === 0)
  const protocols = protocolsOf(unpaused)
  if (protocols.length < 2) return []
  const parts = protocols.map((protocol) => {
    const rows = of(unpaused, protocol)
    const failures = total(rows, 'failures')
    const all = total(rows, 'reads') + failures
    return `${count(failures)} of ${count(all)} reads of ${protocol}`
  })
  return [`Under writers that never pause, retries were used up in ${parts.join(', ')}.`]
}

function starvedSentences(sound: readonly TornRow[]): readonly string[] {
  const starved = sound.filter((row) => row.reads === 0)
  if (starved.length === 0) return []
  const list = starved.map(describe).join(', ')
  return [`Starved by the writer, so nothing is known of them: ${list}.`]
}

function nameOf(row: TornRow): string {
  return `${row.protocol}/${row.strategy}`
}

function describe(row: TornRow): string {
  return `${nameOf(row)} at ${row.payloadBytes} bytes`
}

function protocolsOf(rows: readonly TornRow[]): readonly string[] {
  return [...new Set(rows.map((row) => row.protocol))]
}

function of(rows: readonly TornRow[], protocol: string): readonly TornRow[] {
  return rows.filter((row) => row.protocol === protocol)
}

function total(rows: readonly TornRow[], key: 'reads' | 'failures' | 'tornAccepted'): number {
  return rows.reduce((sum, row) => sum + row[key], 0)
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}
