/**
 * Writes archives in the kernel's initramfs format (cpio, "newc"): the little that an initramfs
 * needs, so that no program has to be installed for it. Archives may be concatenated; each ends on
 * a multiple of 512 bytes.
 */

const typeBits = { file: 0o100000, folder: 0o040000, link: 0o120000 }

/**
 * @typedef {object} Entry
 * @property {keyof typeof typeBits} type
 * @property {string} path - without a leading slash; its folder comes before it
 * @property {number} [mode] - permission bits
 * @property {Buffer | string} [content] - of a file, or the target of a link
 */

/** @param {number} length */
const padding = (length) => Buffer.alloc((4 - (length % 4)) % 4)

/**
 * @param {number} index
 * @param {number} mode
 * @param {string} path
 * @param {Buffer} content
 */
function record(index, mode, path, content) {
  const name = Buffer.from(`${path}\0`)
  // inode, mode, uid, gid, links, mtime, size, four device numbers, name size, check
  const fields = [index, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0]
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`
  return [
    Buffer.from(header),
    name,
    padding(header.length + name.length),
    content,
    padding(content.length),
  ]
}

/**
 * @param {Entry[]} entries
 * @returns {Buffer}
 */
export function makeCpio(entries) {
  const parts = entries.flatMap((entry, index) => {
    const mode = typeBits[entry.type] | (entry.mode ?? 0o755)
    return record(index + 1, mode, entry.path, Buffer.from(entry.content ?? ''))
  })
  const archive = Buffer.concat([...parts, ...record(0, 0, 'TRAILER!!!', Buffer.alloc(0))])
  return Buffer.concat([archive, Buffer.alloc((512 - (archive.length % 512)) % 512)])
}
