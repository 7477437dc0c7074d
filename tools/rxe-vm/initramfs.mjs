/**
 * The guest's first filesystem: busybox, init.sh and the kernel modules (cached, keyed by the hash of
 * all of them), followed by a small archive with what differs from run to run.
 */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { makeCpio } from './cpio.mjs'
import { makeWorkFolder, moveIntoPlace } from './kernel.mjs'

const busybox = '/bin/busybox'

const folders = ['bin', 'dev', 'proc', 'sys', 'lower', 'upper', 'newroot', 'modules']

const applets = (
  'sh mount umount mkdir mkfifo insmod cat chroot sleep dmesg tail test sync poweroff cp readlink ' +
  'ln hostname env kill echo'
).split(' ')

/**
 * @param {string} cache
 * @param {import('./kernel.mjs').Kernel} kernel
 * @returns {Buffer} the archive; those made from other contents are removed from the cache
 */
export function ensureInitramfs(cache, kernel) {
  const init = fs.readFileSync(new URL('init.sh', import.meta.url))
  const shell = fs.readFileSync(busybox)
  const layout = JSON.stringify([kernel.folder, folders, applets])
  const hash = createHash('sha256').update(init).update(shell).update(layout).digest('hex')
  const file = path.join(cache, `initramfs-${kernel.version}-${hash.slice(0, 12)}.cpio`)
  if (fs.existsSync(file)) return fs.readFileSync(file)
  for (const name of fs.readdirSync(cache).filter((entry) => entry.startsWith('initramfs-'))) {
    fs.rmSync(path.join(cache, name), { force: true })
  }
  const list = fs.readFileSync(path.join(kernel.folder, 'modules.list'), 'utf8')
  /** @type {import('./cpio.mjs').Entry[]} */
  const entries = [
    { type: 'file', path: 'bin/busybox', content: shell },
    { type: 'file', path: 'init', content: init },
    { type: 'file', path: 'modules.list', content: list },
  ]
  for (const name of folders) entries.unshift({ type: 'folder', path: name })
  for (const name of applets) {
    entries.push({ type: 'link', path: `bin/${name}`, content: 'busybox' })
  }
  for (const name of list.trim().split('\n')) {
    const content = fs.readFileSync(path.join(kernel.folder, 'modules', name))
    entries.push({ type: 'file', path: `modules/${name}`, content })
  }
  const archive = makeCpio(entries)
  const work = makeWorkFolder(cache)
  try {
    fs.writeFileSync(path.join(work, 'initramfs'), archive)
    moveIntoPlace(path.join(work, 'initramfs'), file)
  } finally {
    fs.rmSync(work, { recursive: true, force: true })
  }
  return archive
}

/** @param {string} text @returns {string} the same for a shell, whatever it contains */
export function quote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/**
 * @typedef {object} Run
 * @property {string} project - the folder in which the command runs
 * @property {string | undefined} out
 * @property {string} address - of rxe0
 * @property {boolean} verbose
 * @property {boolean} keepTmp - the host's /tmp stays visible
 * @property {Record<string, string>} environment
 * @property {string[]} command
 * @property {Buffer} endMarker
 */

/** @param {Run} run @returns {Buffer} an archive to append to the initramfs */
export function makeRunArchive(run) {
  const plan = {
    out_path: run.out ?? '',
    address: run.address,
    verbose: run.verbose ? 'yes' : '',
    keep_tmp: run.keepTmp ? 'yes' : '',
  }
  const assignments = Object.entries(plan).map(([name, value]) => `${name}=${quote(value)}\n`)
  const exports = Object.entries(run.environment).map(
    ([name, value]) => `export ${name}=${quote(value)}\n`,
  )
  const command = `exec ${run.command.map(quote).join(' ')}\n`
  return makeCpio([
    { type: 'file', path: 'plan.sh', content: assignments.join('') },
    {
      type: 'file',
      path: 'run-command.sh',
      content: `${exports.join('')}cd ${quote(run.project)} || exit 125\nunset OLDPWD\n${command}`,
    },
    { type: 'file', path: 'end-marker', content: run.endMarker },
  ])
}
