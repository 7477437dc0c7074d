/**
 * Carries one stream of the guest's command to the tool's own stream, byte for byte.
 *
 * The virtual serial port has no end of its own: a guest that powers off may lose what is still on
 * its way. So the guest appends a marker, random for every run, and a stream that has shown its
 * marker is complete. Bytes are held back only while they may be the marker's beginning.
 */

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'

/** @returns {Buffer} begins with a byte that text does not contain, so that text is never held */
export function makeEndMarker() {
  return Buffer.concat([Buffer.from([0xff, 0x00]), randomBytes(30)])
}

/** Finds the marker in a stream that comes in pieces. */
export class EndMarkerFilter {
  #held = Buffer.alloc(0)

  /** @param {Buffer} marker */
  constructor(marker) {
    this.marker = marker
    this.ended = false
  }

  /**
   * @param {Buffer} chunk
   * @returns {Buffer} what is certainly in front of the marker
   */
  feed(chunk) {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    const found = bytes.indexOf(this.marker)
    if (found >= 0) {
      this.ended = true
      return bytes.subarray(0, found)
    }
    const heldLength = this.#beginningAtEnd(bytes)
    this.#held = Buffer.from(bytes.subarray(bytes.length - heldLength))
    return bytes.subarray(0, bytes.length - heldLength)
  }

  /** @param {Buffer} bytes @returns {number} length of the longest end that may begin the marker */
  #beginningAtEnd(bytes) {
    let length = Math.min(this.marker.length - 1, bytes.length)
    while (length > 0) {
      if (bytes.subarray(bytes.length - length).equals(this.marker.subarray(0, length))) break
      length--
    }
    return length
  }
}

/**
 * Copies until the marker, waiting whenever the sink is full.
 *
 * @param {import('node:stream').Readable} source
 * @param {import('node:stream').Writable} sink
 * @param {Buffer} marker
 * @returns {Promise<boolean>} false if the source ended without the marker
 * @throws whatever the sink fails with
 */
export async function relay(source, sink, marker) {
  const filter = new EndMarkerFilter(marker)
  try {
    for await (const chunk of source) {
      const bytes = filter.feed(chunk)
      if (bytes.length > 0 && !sink.write(bytes)) await once(sink, 'drain')
      if (filter.ended) return true
    }
  } catch (error) {
    // A virtual machine that is killed resets the connection: that is an end without a marker.
    if (error.syscall !== 'read') throw error
  }
  return false
}
