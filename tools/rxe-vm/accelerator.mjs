/**
 * KVM or emulation. A /dev/kvm that exists may still not work, and the only proof is a guest that
 * boots: so KVM is tried with a short limit first, and a failure is remembered in the cache folder
 * until the host's kernel or QEMU changes. A guest that fails before its command starts has done
 * nothing, so trying again is harmless.
 */

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { qemuProgram } from './qemu.mjs'

/** @param {string} cache */
const verdictFile = (cache) => path.join(cache, 'kvm-verdict.json')

/** @returns {string} changes when KVM may have changed */
function hostKey() {
  const qemu = spawnSync(qemuProgram, ['--version'], { encoding: 'utf8' }).stdout ?? ''
  return `${os.release()} ${qemu.split('\n')[0]}`
}

/**
 * @param {import('./options.mjs').Options} options
 * @param {string} cache
 * @returns {Array<'kvm' | 'tcg'>} what to try, in this order
 */
export function acceleratorsToTry(options, cache) {
  // Hardware copies whole words whatever the flags say: the bytes profile needs the emulator.
  if (options.cpu === 'bytes' || options.accel === 'tcg') return ['tcg']
  if (options.accel === 'kvm') return ['kvm']
  try {
    fs.accessSync('/dev/kvm', fs.constants.R_OK | fs.constants.W_OK)
  } catch {
    return ['tcg']
  }
  try {
    const verdict = JSON.parse(fs.readFileSync(verdictFile(cache), 'utf8'))
    if (verdict.kvmWorks === false && verdict.host === hostKey()) return ['tcg']
  } catch {
    // No verdict yet.
  }
  return ['kvm', 'tcg']
}

/** @param {string} cache @param {string} reason */
export function rememberBrokenKvm(cache, reason) {
  const verdict = { kvmWorks: false, host: hostKey(), reason }
  fs.writeFileSync(verdictFile(cache), `${JSON.stringify(verdict, undefined, 2)}\n`)
}
