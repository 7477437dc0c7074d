/**
 * The guest's kernel: found by name with apt, downloaded (never installed), reduced to its image and
 * the modules below, and kept in the cache folder.
 *
 * A cached kernel is complete or absent: it is made in a folder of its own and renamed. Its name
 * carries the kernel's version and a hash of the module list, so another list makes another folder.
 */

import { createHash, randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { tell, ToolError } from './errors.mjs'
import { readKernelImage } from './kernel-image.mjs'
import { runTool, updateLists } from './packages.mjs'

/** In the order of loading; what they depend on is found with depmod and comes before them. */
export const modules = [
  'virtio_pci',
  'virtio_console',
  '9pnet_virtio',
  '9p',
  'overlay',
  'veth',
  // rdma_rxe asks for this checksum at run time: no dependency that depmod could see.
  'crc32_generic',
  'ib_uverbs',
  'rdma_rxe',
  'rdma_ucm',
  'ib_umad',
]

/** To be changed when the same packages make another folder. */
const layoutVersion = 2

/** Packages that depend on the newest kernel; Debian's name, then Ubuntu's. */
const metaPackages = ['linux-image-amd64', 'linux-image-generic']

/**
 * @typedef {object} Kernel
 * @property {string} folder - holds kernel, modules.list and modules/
 * @property {string} version
 */

/** @param {string} cache @returns {string} a new folder in it, for work in progress */
export function makeWorkFolder(cache) {
  const folder = path.join(cache, `work-${process.pid}-${randomBytes(4).toString('hex')}`)
  fs.mkdirSync(folder, { recursive: true })
  return folder
}

/**
 * Removes what runs left that were killed before they could tidy up.
 *
 * @param {string} cache
 */
export function removeOldWork(cache) {
  for (const name of fs.readdirSync(cache)) {
    const owner = /^work-([0-9]+)-/.exec(name)?.[1]
    if (owner === undefined || fs.existsSync(`/proc/${owner}`)) continue
    // A process of another container looks dead from here, but is not a day old.
    const stat = fs.statSync(path.join(cache, name), { throwIfNoEntry: false })
    if (stat === undefined || Date.now() - stat.mtimeMs < 86_400_000) continue
    fs.rmSync(path.join(cache, name), { recursive: true, force: true })
  }
}

/**
 * Moves a finished file or folder to its place; another process may have been quicker, whose result
 * is as good.
 *
 * @param {string} from
 * @param {string} to
 */
export function moveIntoPlace(from, to) {
  try {
    fs.renameSync(from, to)
  } catch (error) {
    if (!fs.existsSync(to)) throw error
  }
}

/** @param {string} cache @returns {Kernel} downloaded if the cache has none */
export function ensureKernel(cache) {
  const contents = [layoutVersion, ...modules].join('\n')
  const hash = createHash('sha256').update(contents).digest('hex').slice(0, 8)
  const pattern = new RegExp(`^kernel-(.+)-${hash}$`)
  const cached = fs
    .readdirSync(cache)
    .filter((name) => pattern.test(name))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .at(-1)
  if (cached !== undefined) {
    return { folder: path.join(cache, cached), version: pattern.exec(cached)?.[1] ?? '' }
  }
  const work = makeWorkFolder(cache)
  try {
    const unpacked = downloadKernel(work)
    const version = reduceKernel(unpacked, path.join(work, 'kernel'))
    const folder = path.join(cache, `kernel-${version}-${hash}`)
    moveIntoPlace(path.join(work, 'kernel'), folder)
    return { folder, version }
  } finally {
    fs.rmSync(work, { recursive: true, force: true })
  }
}

/** @param {string} name @returns {string[]} names of the kernel packages that it depends on */
function kernelDependencies(name) {
  const text = runTool('apt-cache', ['depends', '--important', name]).toString()
  const names = [...text.matchAll(/^\s*\|?Depends: (\S+)$/gm)].map((match) => match[1])
  return names.filter((dependency) => /^linux-(image|modules)-.*\d/.test(dependency))
}

/** @returns {string[]} the packages that hold the newest kernel's image and modules */
function findKernelPackages() {
  for (const meta of metaPackages) {
    let direct
    try {
      direct = kernelDependencies(meta)
    } catch {
      continue
    }
    const image = direct.find((name) => name.startsWith('linux-image-'))
    // Debian has everything in one package; Ubuntu's image depends on a package of modules.
    if (image !== undefined) return [...new Set([...direct, ...kernelDependencies(image)])]
  }
  throw new ToolError(
    `apt-cache depends ${metaPackages.join(' / ')}`,
    'no kernel package is known to apt',
    'Run apt-get update as root, with sources of an x86-64 Debian or Ubuntu.',
  )
}

/** @param {string} work @returns {string} the folder into which the packages are unpacked */
function downloadKernel(work) {
  const unpacked = path.join(work, 'unpacked')
  // Lists that are too old name packages which the server no longer has.
  updateLists()
  const names = findKernelPackages()
  tell(
    `first use: downloading ${names.join(' ')} with apt (unpacked into the cache, not installed)`,
  )
  const options = process.getuid?.() === 0 ? ['-o', 'APT::Sandbox::User=root'] : []
  runTool('apt-get', [...options, 'download', ...names], {
    cwd: work,
    whatToDo: 'Check the network; run apt-get update as root if the list of packages is old.',
  })
  for (const file of fs.readdirSync(work).filter((name) => name.endsWith('.deb'))) {
    runTool('dpkg-deb', ['-x', path.join(work, file), unpacked])
  }
  return unpacked
}

/**
 * Copies the image and the needed modules, in the order of loading.
 *
 * @param {string} unpacked
 * @param {string} target
 * @returns {string} the kernel's version
 */
function reduceKernel(unpacked, target) {
  // Ubuntu's packages carry their modules in /lib, or in /usr/lib where that is the same folder.
  const bases = [unpacked, path.join(unpacked, 'usr')]
  const base = bases.find((folder) => fs.existsSync(path.join(folder, 'lib/modules')))
  const version = base && fs.readdirSync(path.join(base, 'lib/modules'))[0]
  if (base === undefined || version === undefined) {
    throw new ToolError('unpacking the kernel package', 'it has no lib/modules', 'Report this.')
  }
  runTool('depmod', ['-b', base, version])
  const folder = path.join(base, 'lib/modules', version)
  fs.mkdirSync(path.join(target, 'modules'), { recursive: true })
  const names = orderModules(folder).map((file, index) => {
    const name = `${String(index).padStart(2, '0')}-${path.basename(file).replace(/\.ko.*/, '.ko')}`
    fs.writeFileSync(path.join(target, 'modules', name), readModule(path.join(folder, file)))
    return name
  })
  fs.writeFileSync(path.join(target, 'modules.list'), `${names.join('\n')}\n`)
  const image = readKernelImage(path.join(unpacked, 'boot', `vmlinuz-${version}`), unpacked)
  fs.writeFileSync(path.join(target, 'kernel'), image)
  return version
}

/** @param {string} folder @returns {string[]} module files, each after all it depends on */
function orderModules(folder) {
  /** @param {string} file */
  const nameOf = (file) =>
    path
      .basename(file)
      .replace(/\.ko.*/, '')
      .replaceAll('-', '_')
  const lines = fs.readFileSync(path.join(folder, 'modules.dep'), 'utf8').trim().split('\n')
  /** @type {Map<string, string[]>} */
  const needed = new Map()
  for (const line of lines) {
    const [file, dependencies] = line.split(':')
    needed.set(nameOf(file), [file, ...dependencies.split(' ').filter(Boolean)])
  }
  const builtIn = fs.readFileSync(path.join(folder, 'modules.builtin'), 'utf8').split('\n')
  const builtInNames = new Set(builtIn.map(nameOf))
  const ordered = new Set()
  for (const name of modules) {
    const files = needed.get(name)
    if (files === undefined && builtInNames.has(name)) continue
    if (files === undefined) {
      throw new ToolError(
        `looking for the module ${name} in the kernel ${path.basename(folder)}`,
        'it is neither there nor built in',
        'Kernels of the "cloud" flavour lack rxe; apt must know the ordinary one.',
      )
    }
    // depmod lists the deepest dependency last.
    for (const file of [...files].reverse()) ordered.add(file)
  }
  return [...ordered]
}

/** @param {string} file @returns {Buffer} the module, decompressed */
function readModule(file) {
  const program = { '.xz': 'xz', '.zst': 'zstd', '.gz': 'gzip' }[path.extname(file)]
  if (program === undefined) return fs.readFileSync(file)
  runTool(program, ['-d', '-q', file], { whatToDo: `Install ${program}.` })
  return fs.readFileSync(file.slice(0, -path.extname(file).length))
}
