// What a process holds of the machine: resident memory and open handles. Growth is told, and bounded.
import { readFileSync, readdirSync } from 'node:fs'

export interface ProcessHealth {
  readonly rssBytes: number
  readonly handles: number
}

/** Null when the process is gone. */
export function processHealth(pid: number): ProcessHealth | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const kibibytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN)
    if (Number.isNaN(kibibytes)) return null
    return { rssBytes: kibibytes * 1024, handles: readdirSync(`/proc/${pid}/fd`).length }
  } catch {
    return null
  }
}
