// Goal: the decoder gives back exactly the frames that were sent, however the stream is cut, and
// fails coded and early on everything else. Method: examples at each limit, and random streams.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UntornError } from '../../../src/errors.ts'
import {
  encodeFrame,
  type Frame,
  FRAME_HEADER_BYTES,
  FrameDecoder,
} from '../../../src/session/frame.ts'
import { CONTROL_VERSION, FRAME_BODY_BYTES_MAX } from '../../../src/session/limits.ts'

function decode(chunks: readonly Buffer[], bodyBytesMax?: number): Frame[] {
  const decoder = new FrameDecoder(bodyBytesMax)
  const frames: Frame[] = []
  for (const chunk of chunks) decoder.push(chunk, (frame) => frames.push(frame))
  decoder.end()
  return frames
}

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(UntornError)
    return (error as UntornError).code
  }
  return 'none'
}

function bytewise(bytes: Buffer): Buffer[] {
  return [...bytes].map((byte) => Buffer.of(byte))
}

const streams = fc.array(
  fc.record({ type: fc.integer({ min: 0, max: 65535 }), body: fc.uint8Array({ maxLength: 3000 }) }),
  { maxLength: 8 },
)

describe('FrameDecoder', () => {
  test('gives back frames fed byte by byte', () => {
    const stream = Buffer.concat([
      encodeFrame(3, Buffer.from('{"a":1}')),
      encodeFrame(8, Buffer.alloc(0)),
      encodeFrame(9, Buffer.alloc(5000, 'x')),
    ])
    const frames = decode(bytewise(stream))
    expect(frames.map((frame) => [frame.type, frame.body.length])).toEqual([
      [3, 7],
      [8, 0],
      [9, 5000],
    ])
    expect(frames[0]?.body.toString()).toBe('{"a":1}')
    expect(frames[2]?.body.equals(Buffer.alloc(5000, 'x'))).toBe(true)
  })

  test('gives back frames of any chunking', () => {
    fc.assert(
      fc.property(streams, fc.array(fc.integer({ min: 1, max: 4000 })), (sent, cuts) => {
        const stream = Buffer.concat(
          sent.map(({ type, body }) => encodeFrame(type, Buffer.from(body))),
        )
        const chunks: Buffer[] = []
        let offset = 0
        for (const cut of cuts) {
          chunks.push(stream.subarray(offset, offset + cut))
          offset += cut
        }
        chunks.push(stream.subarray(offset))
        const got = decode(chunks).map(({ type, body }) => ({ type, body: new Uint8Array(body) }))
        expect(got).toEqual(sent)
      }),
    )
  })

  test('never throws anything uncoded on garbage, and stays failed', () => {
    const prefix = fc.constantFrom(
      Buffer.alloc(0),
      encodeFrame(8, Buffer.from('{}')).subarray(0, 6),
    )
    fc.assert(
      fc.property(prefix, fc.array(fc.uint8Array({ maxLength: 300 })), (start, chunks) => {
        const decoder = new FrameDecoder()
        let failed = false
        for (const chunk of [start, ...chunks]) {
          const code = codeOf(() => decoder.push(Buffer.from(chunk), () => {}))
          if (failed) expect(code).toBe('ERR_UNTORN_PROTOCOL')
          if (code !== 'none') failed = true
        }
        expect(codeOf(() => decoder.end())).toMatch(/^none$|^ERR_UNTORN_PROTOCOL$/)
      }),
    )
  })

  test('fails at the fourth byte of a wrong magic and the sixth of another version', () => {
    const frame = encodeFrame(1, Buffer.from('{}'))
    const decoder = new FrameDecoder()
    decoder.push(Buffer.from('UTR'), () => {})
    expect(codeOf(() => decoder.push(Buffer.from('X'), () => {}))).toBe('ERR_UNTORN_PROTOCOL')
    frame.writeUInt16BE(CONTROL_VERSION + 1, 4)
    expect(codeOf(() => decode([frame.subarray(0, 6)]))).toBe('ERR_UNTORN_PROTOCOL_VERSION')
  })

  test('refuses a body above the limit by its announcement, and accepts one at the limit', () => {
    const header = encodeFrame(1, Buffer.alloc(0)).subarray(0, 12)
    header.writeUInt32BE(FRAME_BODY_BYTES_MAX + 1, 8)
    expect(codeOf(() => decode([header]))).toBe('ERR_UNTORN_FRAME_TOO_LARGE')
    expect(decode([encodeFrame(1, Buffer.alloc(FRAME_BODY_BYTES_MAX))])).toHaveLength(1)
    expect(codeOf(() => encodeFrame(1, Buffer.alloc(FRAME_BODY_BYTES_MAX + 1)))).toBe(
      'ERR_UNTORN_FRAME_TOO_LARGE',
    )
    expect(codeOf(() => decode([encodeFrame(1, Buffer.alloc(101))], 100))).toBe(
      'ERR_UNTORN_FRAME_TOO_LARGE',
    )
  })

  test('tells a truncated frame at every length', () => {
    const frame = encodeFrame(1, Buffer.from('{"some":"body"}'))
    for (let length = 1; length < frame.length; length++) {
      expect(codeOf(() => decode([frame.subarray(0, length)]))).toBe('ERR_UNTORN_PROTOCOL')
    }
    expect(decode([])).toEqual([])
  })

  test('tells a corrupt body', () => {
    const frame = encodeFrame(1, Buffer.from('{"some":"body"}'))
    frame.writeUInt8(frame.readUInt8(FRAME_HEADER_BYTES + 3) ^ 1, FRAME_HEADER_BYTES + 3)
    expect(codeOf(() => decode([frame]))).toBe('ERR_UNTORN_PROTOCOL')
  })
})
