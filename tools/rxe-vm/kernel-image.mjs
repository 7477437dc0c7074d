/**
 * Unpacks a kernel's image, so that the emulated machine need not: decompressing itself under
 * emulation costs a kernel as long as all the rest of its boot.
 *
 * A bzImage holds a compressed ELF file; QEMU can start that directly if it has a PVH entry point.
 * The boot protocol (x86/boot.rst of the kernel's documentation) says where it lies.
 */

import fs from 'node:fs'
import { runTool } from './packages.mjs'

const setupSectorsOffset = 0x1f1
const magicOffset = 0x202
const payloadOffsetOffset = 0x248
const payloadLengthOffset = 0x24c

/** First bytes of a payload, and what decompresses it. gzip alone keeps its length to itself. */
const formats = [
  { magic: 'fd377a585a00', program: 'xz', trailerLength: 4 },
  { magic: '28b52ffd', program: 'zstd', trailerLength: 4 },
  { magic: '1f8b', program: 'gzip', trailerLength: 0 },
]

/** A note named Xen of type 18 (physical 32-bit entry), with 8 or 4 bytes of address. */
const pvhNotes = ['0400000008000000120000005865', '0400000004000000120000005865'].map((hex) =>
  Buffer.from(`${hex}6e00`, 'hex'),
)

/**
 * @param {string} file - a bzImage
 * @param {string} work - a folder for what lies between
 * @returns {Buffer} the ELF file in it, or the bzImage itself where that cannot be started
 */
export function readKernelImage(file, work) {
  const image = fs.readFileSync(file)
  if (image.toString('latin1', magicOffset, magicOffset + 4) !== 'HdrS') return image
  const setupLength = ((image[setupSectorsOffset] || 4) + 1) * 512
  const start = setupLength + image.readUInt32LE(payloadOffsetOffset)
  const payload = image.subarray(start, start + image.readUInt32LE(payloadLengthOffset))
  const hex = payload.toString('hex', 0, 6)
  const format = formats.find(({ magic }) => hex.startsWith(magic))
  if (format === undefined) return image
  const compressed = `${work}/kernel-payload`
  fs.writeFileSync(compressed, payload.subarray(0, payload.length - format.trailerLength))
  try {
    const elf = runTool(format.program, ['-d', '-c', compressed])
    return pvhNotes.some((note) => elf.includes(note)) ? elf : image
  } catch {
    // Without the program the guest decompresses its kernel itself, only slower.
    return image
  }
}
