// One set-up at a time in one checkout, by a lock file that names its holder.
//
// Invariant: the lock is made by link(2) and so appears together with its contents, at most once. A
// lock whose holder is gone is taken away by rename(2), which only one waiter can win; what it took
// is compared with what it judged before the judgement counts.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const pollMs = 100
const tellAfterMs = 2000

/** @returns {string} changes when the machine is started afresh; empty where nobody says */
function bootId() {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

/** @param {number | string} pid @returns {string | undefined} when that process began, in ticks */
function startOf(pid) {
  try {
    // The name in parentheses may hold spaces: count from behind it.
    const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')
    return fields?.[19]
  } catch {
    return undefined
  }
}

/** @param {string} text @param {number} ageMs @param {number} ageMsMax */
function isAbandoned(text, ageMs, ageMsMax) {
  if (ageMs > ageMsMax) return true
  try {
    const holder = JSON.parse(text)
    // Of another host (a shared folder, a container) only its age can be judged.
    if (holder.host !== os.hostname()) return false
    return holder.boot !== bootId() || startOf(holder.pid) !== holder.start
  } catch {
    return true
  }
}

/** @param {string} file @param {number} ageMsMax @returns {boolean} whether the lock may be free */
function removeAbandoned(file, ageMsMax) {
  try {
    const text = fs.readFileSync(file, 'utf8')
    const ageMs = Date.now() - fs.statSync(file).mtimeMs
    if (!isAbandoned(text, ageMs, ageMsMax)) return false
    const aside = `${file}.abandoned-${process.pid}`
    fs.renameSync(file, aside)
    // Somebody was quicker and this is their fresh lock: give it back.
    if (fs.readFileSync(aside, 'utf8') !== text) fs.linkSync(aside, file)
    fs.rmSync(aside)
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error
  }
  return true
}

/**
 * Runs `work` while no other process of this checkout does.
 *
 * @template T
 * @param {string} file
 * @param {{ ageMsMax: number, tell: (text: string) => void }} options - `ageMsMax`: a lock older
 *   than this is abandoned whatever it says, so no waiting is longer
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, { ageMsMax, tell }, work) {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  const own = { pid: process.pid, start: startOf('self'), boot: bootId(), host: os.hostname() }
  const draft = `${file}.${process.pid}`
  const startMs = performance.now()
  let told = false
  for (;;) {
    // Written anew for every try: its time is the lock's age.
    fs.writeFileSync(draft, `${JSON.stringify(own)}\n`)
    try {
      fs.linkSync(draft, file)
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    } finally {
      fs.rmSync(draft, { force: true })
    }
    if (removeAbandoned(file, ageMsMax)) continue
    if (!told && performance.now() - startMs > tellAfterMs) {
      told = true
      tell(`waiting for another set-up of this checkout (${file})`)
    }
    await delay(pollMs)
  }
  try {
    return await work()
  } finally {
    fs.rmSync(file, { force: true })
  }
}
