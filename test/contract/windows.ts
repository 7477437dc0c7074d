// Goal: a window grants what it says to the part that it names, and nothing beyond; the region's own
// key is unaffected. Method: the owner opens windows into its region, the reader imports them beside
// the whole region; descriptors are also forged.
import { describe, expect, test } from 'vitest'
import type {
  AccessRights,
  RegionDescriptor,
  RegionWindow,
  RemoteRegion,
} from '../../src/fabric/contract.ts'
import { Opcode } from '../../src/fabric/operation-ring.ts'
import { Status } from '../../src/fabric/status.ts'
import { BUDGET_US, REGION_BYTES, expectCode, pattern, usePair, type Provider } from './fixture.ts'

const OFFSET = 4096 - 64
const LENGTH = 192

export function describeWindows(provider: Provider): void {
  describe('windows', () => {
    const pair = usePair(provider)

    function run(
      remote: RemoteRegion,
      opcode: number,
      remoteOffset = 0,
      length = 8,
      operands: { readonly compareOrAdd?: bigint; readonly swap?: bigint } = {},
    ): number {
      const { near, local } = pair()
      near.ring.push(opcode, 0, near.nextId(), local.handle, 0, remote.handle, remoteOffset, length)
      if (operands.compareOrAdd !== undefined) {
        near.ring.operands(operands.compareOrAdd, operands.swap ?? 0n)
      }
      return near.submitAndPoll(BUDGET_US)
    }

    /** A region that peers may only read, whole by its own key, with windows of other rights. */
    function readable(): ReturnType<typeof pair>['owned'] {
      return pair().device.allocate(REGION_BYTES, { remoteRead: true })
    }

    function opened(rights: AccessRights): {
      readonly region: ReturnType<typeof readable>
      readonly whole: RemoteRegion
      readonly window: RegionWindow
      readonly part: RemoteRegion
    } {
      const { device } = pair()
      const region = readable()
      const window = region.window(OFFSET, LENGTH, rights)
      const whole = device.importRegion(region.descriptor)
      const part = device.importRegion(JSON.parse(JSON.stringify(window.descriptor)))
      return { region, whole, window, part }
    }

    /** Whether the claim is refused, by the import or by the device that is asked. */
    function refused(descriptor: RegionDescriptor, opcode: number, remoteOffset: number): boolean {
      let claimed: RemoteRegion
      try {
        claimed = pair().device.importRegion(descriptor)
      } catch {
        return true
      }
      return run(claimed, opcode, remoteOffset) !== Status.Success
    }

    test('says what it grants', () => {
      const { window, part } = opened({ remoteWrite: true })
      const access = { remoteRead: false, remoteWrite: true, remoteAtomic: false }
      expect(window).toMatchObject({ offset: OFFSET, byteLength: LENGTH, access, closed: false })
      expect([part.byteLength, part.access]).toEqual([LENGTH, access])
      expect(pair().device.accounting().windows).toBe(1)
    })

    test('writes go through the window, reads through the key of the region', () => {
      const { region, whole, part } = opened({ remoteWrite: true })
      pair().local.bytes.set(pattern(LENGTH))
      expect(run(part, Opcode.Write, 0, LENGTH)).toBe(Status.Success)
      pair().local.bytes.fill(0)
      expect(run(whole, Opcode.Read, OFFSET - 8, LENGTH + 16)).toBe(Status.Success)
      const landed = pair().local.bytes
      expect(landed.subarray(8, 8 + LENGTH)).toEqual(pattern(LENGTH))
      expect(region.bytes.subarray(OFFSET, OFFSET + LENGTH)).toEqual(pattern(LENGTH))
      expect([landed[7], landed[8 + LENGTH]]).toEqual([0, 0])
    })

    test.each([
      ['behind', LENGTH - 7],
      ['far behind', REGION_BYTES],
      ['before', -8],
    ])('bytes %s the window are refused', (_, offset) => {
      const { part } = opened({ remoteWrite: true })
      expect(run(part, Opcode.Write, offset)).toBe(Status.OutOfBounds)
      expect(run(part, Opcode.Write, LENGTH - 8)).toBe(Status.Success)
    })

    test.each([
      ['read', Opcode.Read, { remoteWrite: true, remoteAtomic: true }],
      ['write', Opcode.Write, { remoteRead: true, remoteAtomic: true }],
      ['atomic', Opcode.FetchAndAdd, { remoteRead: true, remoteWrite: true }],
    ])('a window that does not grant %s', (_, opcode, rights) => {
      const { part } = opened(rights)
      expect(run(part, opcode)).toBe(Status.AccessDenied)
    })

    test.each([
      ['more rights', (honest: RegionDescriptor) => ({ ...honest, access: honest.access | 4 }), 0],
      [
        'more bytes',
        (honest: RegionDescriptor) => ({ ...honest, access: 2, lengthBytes: LENGTH + 64 }),
        LENGTH,
      ],
    ])('a forged descriptor of %s is refused', (_, forge, offset) => {
      const window = readable().window(OFFSET, LENGTH, { remoteRead: true })
      const forged = forge(window.descriptor)
      const opcode = (forged.access & 4) === 0 ? Opcode.Read : Opcode.Write
      expect(refused(forged, opcode, offset)).toBe(true)
    })

    test('two windows of different rights on the same bytes', () => {
      const { device } = pair()
      const { region, part: writable } = opened({ remoteWrite: true })
      const atomic = region.window(OFFSET + 64, 64, { remoteRead: true, remoteAtomic: true })
      const countable = device.importRegion(atomic.descriptor)
      pair().localWords()[0] = 40n
      expect(run(writable, Opcode.Write, 64)).toBe(Status.Success)
      const add = { compareOrAdd: 2n }
      expect(run(countable, Opcode.FetchAndAdd, 0, 8, add)).toBe(Status.Success)
      expect(pair().localWords()[0]).toBe(40n)
      expect(run(countable, Opcode.Read)).toBe(Status.Success)
      expect(pair().localWords()[0]).toBe(42n)
      expect(run(writable, Opcode.FetchAndAdd, 64, 8, add)).toBe(Status.AccessDenied)
      expect(run(countable, Opcode.Write)).toBe(Status.AccessDenied)
    })

    test('a compare-and-swap through a window', () => {
      const { region, part } = opened({ remoteAtomic: true })
      const word = new BigUint64Array(region.bytes.buffer, OFFSET + 8, 1)
      word[0] = 7n
      const operands = { compareOrAdd: 7n, swap: 2n ** 63n }
      expect(run(part, Opcode.CompareAndSwap, 8, 8, operands)).toBe(Status.Success)
      expect([pair().localWords()[0], word[0]]).toEqual([7n, 2n ** 63n])
      expect(run(part, Opcode.CompareAndSwap, 4, 8, operands)).toBe(Status.Misaligned)
    })

    test('the key of a closed window fails as that of a closed region does', () => {
      const { region, whole, window, part } = opened({ remoteWrite: true })
      expect(run(part, Opcode.Write)).toBe(Status.Success)
      // A completion may say no more than "accepted"; a later READ waits until the bytes are there.
      expect(run(whole, Opcode.Read)).toBe(Status.Success)
      window.close()
      window.close()
      expect([window.closed, pair().device.accounting().windows]).toEqual([true, 0])
      expect(run(whole, Opcode.Read)).toBe(Status.Success)
      pair().local.bytes.fill(9)
      expect(run(part, Opcode.Write)).toBe(Status.RemoteAccess)
      expect(pair().near.state).toBe('error')
      expect(region.bytes[OFFSET]).toBe(0)
    })

    test('another window does not revive the key of a closed one', () => {
      const { region, window, part } = opened({ remoteWrite: true })
      window.close()
      region.window(OFFSET, LENGTH, { remoteWrite: true })
      expect(run(part, Opcode.Write)).toBe(Status.RemoteAccess)
    })

    test('closing the region closes its windows', async () => {
      const { region, window, part } = opened({ remoteWrite: true })
      await region.close()
      expect([window.closed, pair().device.accounting().windows]).toEqual([true, 0])
      window.close()
      expect(run(part, Opcode.Write)).toBe(Status.RemoteAccess)
      expectCode(() => region.window(0, 8, {}), 'ERR_UNTORN_CLOSED')
    })

    test.each([
      ['a negative offset', -8, 8],
      ['behind the end', REGION_BYTES, 8],
      ['across the end', REGION_BYTES - 8, 16],
      ['no bytes', 0, 0],
      ['no number', Number.NaN, 8],
    ])('out of bounds: %s', (_, offset, length) => {
      const region = readable()
      expectCode(() => region.window(offset, length, {}), 'ERR_UNTORN_OUT_OF_BOUNDS')
    })

    test.each([
      ['offset', 4, 8],
      ['length', 8, 12],
    ])('misaligned: %s', (_, offset, length) => {
      const region = readable()
      expectCode(() => region.window(offset, length, {}), 'ERR_UNTORN_MISALIGNED')
    })
  })
}
