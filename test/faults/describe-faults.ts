// Goal: whatever happens to the other process, a reader gets whole bytes or a coded failure, soon.
// Method: real processes, really killed and stopped. Payloads are words that all equal the number
// of their write, so a mixture of two writes cannot pass for one.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Device, type Peer, UntornError, connect, openDevice } from '../../src/index.ts'
import { Child } from './child.ts'

/** Until a killed peer is noticed: verbs retries for a second or two, heartbeats take six. */
const NOTICE_MS = 15_000

function wholeNumber(bytes: Uint8Array): bigint {
  const words = new BigUint64Array(bytes.slice().buffer)
  const first = words[0] ?? -1n
  if (!words.every((word) => word === first)) throw new Error('torn bytes were accepted')
  return first
}

function codeOf(error: unknown): string {
  if (error instanceof UntornError) return error.code
  throw error
}

/** Reads until a read fails; returns its code. Every accepted snapshot is checked. */
async function readUntilFailure(read: () => Promise<{ bytes: Uint8Array }>): Promise<string> {
  const deadline = performance.now() + NOTICE_MS
  // The transport may give up before the control connection's end is noticed.
  const passing = [
    'ERR_UNTORN_RETRIES_EXHAUSTED',
    'ERR_UNTORN_WRITER_ACTIVE',
    'ERR_UNTORN_REMOTE',
    'ERR_UNTORN_NOT_CONNECTED',
  ]
  while (performance.now() < deadline) {
    try {
      wholeNumber((await read()).bytes)
    } catch (error) {
      const code = codeOf(error)
      if (!passing.includes(code)) return code
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  return 'nothing failed in time'
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + NOTICE_MS
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('not met in time')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export function describeFaults(address: string): void {
  describe(`faults on ${process.env['UNTORN_DEVICE'] ?? 'the default device'}`, () => {
    let device: Device
    let owner: Child
    let peer: Peer

    beforeEach(async () => {
      device = await openDevice()
      owner = await Child.start('owner', address, 0)
      peer = await connect(device, `${address}:${owner.port}`)
    })

    afterEach(async () => {
      await owner[Symbol.asyncDispose]()
      await peer.close()
      await device.close()
    })

    test('an owner killed while it writes: whole bytes until the peer is lost', async () => {
      const cell = await peer.open('cell')
      await owner.tell('flatOut')
      for (let round = 0; round < 50; round++) {
        await cell.read().then(({ bytes }) => wholeNumber(bytes), codeOf)
      }
      await owner.signal('SIGKILL')
      expect(await readUntilFailure(() => cell.read())).toBe('ERR_UNTORN_PEER_LOST')
      await until(() => peer.lost !== undefined)
      await expect(peer.open('cell')).rejects.toMatchObject({ code: 'ERR_UNTORN_PEER_LOST' })
    })

    test('an owner killed in the middle of a write never shows the middle', async () => {
      const cell = await peer.open('cell', { attemptsMax: 20 })
      await owner.tell('write')
      await owner.tell('begin')
      await owner.signal('SIGKILL')
      for (let round = 0; round < 20; round++) {
        let code = 'a value'
        try {
          cell.readSync({ timeoutMs: 10_000 })
        } catch (error) {
          code = codeOf(error)
        }
        expect([
          'ERR_UNTORN_WRITER_ACTIVE',
          'ERR_UNTORN_PEER_LOST',
          'ERR_UNTORN_REMOTE',
          'ERR_UNTORN_NOT_CONNECTED',
        ]).toContain(code)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      expect(await readUntilFailure(() => cell.read())).toBe('ERR_UNTORN_PEER_LOST')
    })

    test('an owner stopped in the middle of a write: WriterActive, then recovery', async () => {
      const cell = await peer.open('cell', { attemptsMax: 20 })
      await owner.tell('begin')
      await owner.signal('SIGSTOP')
      await expect(cell.read()).rejects.toMatchObject({
        code: 'ERR_UNTORN_WRITER_ACTIVE',
        version: 3,
      })
      await owner.signal('SIGCONT')
      await owner.tell('end')
      const { version, bytes } = await cell.read()
      expect([version, wholeNumber(bytes)]).toEqual([4, 1n])
    })

    test('a restarted owner is another generation', async () => {
      const cell = await peer.open('cell')
      await owner.tell('write')
      await cell.read()
      const { port } = owner
      await owner.signal('SIGKILL')
      expect(await readUntilFailure(() => cell.read())).toBe('ERR_UNTORN_PEER_LOST')
      owner = await Child.start('owner', address, port)
      await peer.reconnect()
      await expect(cell.read()).rejects.toMatchObject({ code: 'ERR_UNTORN_STALE_GENERATION' })
      const fresh = await peer.open('cell')
      const { version, bytes } = await fresh.read()
      expect([version, wholeNumber(bytes)]).toEqual([2, 0n])
    })

    test('every pending read of a killed owner ends with a code', async () => {
      const cell = await peer.open('cell', { attemptsMax: 1_000_000 })
      await owner.tell('begin')
      const ends = Array.from({ length: 8 }, () => cell.read().then(() => 'a value', codeOf))
      await owner.signal('SIGKILL')
      expect(await Promise.all(ends)).toEqual(new Array(8).fill('ERR_UNTORN_PEER_LOST'))
    })

    test('a withdrawn region ends its readers and no others', async () => {
      const cell = await peer.open('cell')
      const other = await peer.open('other')
      await cell.read()
      await owner.tell('closeCell')
      const code = await readUntilFailure(() => cell.read())
      expect(['ERR_UNTORN_CLOSED', 'ERR_UNTORN_STALE_GENERATION']).toContain(code)
      expect((await other.read()).version).toBe(2)
      await expect(peer.open('cell')).rejects.toMatchObject({ code: 'ERR_UNTORN_NO_REGION' })
    })

    test('a key that vanished fails its region, and the others go on after the renewal', async () => {
      const keyless = await peer.open('keyless')
      const other = await peer.open('other')
      await keyless.read()
      await owner.tell('dropKey')
      await expect(keyless.read()).rejects.toMatchObject({ code: 'ERR_UNTORN_REMOTE' })
      for (let round = 0; round < 3; round++) {
        expect((await other.read({ timeoutMs: NOTICE_MS })).version).toBe(2)
      }
      expect(peer.lost).toBeUndefined()
    })

    test('a reader killed in the middle of reading disturbs nobody', async () => {
      const cell = await peer.open('cell')
      const victim = await Child.start('reader', address, owner.port)
      await owner.tell('write')
      await until(async () => (await owner.tell('peers')) === 2)
      await victim.signal('SIGKILL')
      await until(async () => (await owner.tell('peers')) === 1)
      await owner.tell('write')
      expect(wholeNumber((await cell.read()).bytes)).toBe(2n)
    })

    test('an owner that leaves in good order is lost, not torn', async () => {
      const cell = await peer.open('cell')
      owner.process.send({ id: 0, command: 'exit' })
      await owner.ended()
      expect(owner.process.exitCode).toBe(0)
      const code = await readUntilFailure(() => cell.read())
      expect([
        'ERR_UNTORN_PEER_LOST',
        'ERR_UNTORN_CLOSED',
        'ERR_UNTORN_STALE_GENERATION',
      ]).toContain(code)
    })
  })
}
