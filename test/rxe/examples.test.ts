// Goal: the programs of README work unchanged over a real RDMA device. Method: the same check as on
// shared memory, with the reader connecting to the device's own address.
import { expect, test } from 'vitest'
import { expectOwnerAndReader } from '../integration/owner-and-reader.ts'
import { runNode } from '../integration/programs.ts'

const address = process.env['UNTORN_RXE_ADDRESS']

test('owner and reader run as two processes', async () => {
  expect(address, 'UNTORN_RXE_ADDRESS').toBeDefined()
  const files = { owner: 'examples/01-owner.mjs', reader: 'examples/01-reader.mjs' }
  await expectOwnerAndReader(files, address)
})

test('a raw READ moves bytes', async () => {
  const ending = await runNode(['examples/03-fabric.mjs'])
  expect(ending, ending.stderr).toMatchObject({ status: 0, signal: null })
  expect(ending.stdout).toBe('bytes that nobody sent\n')
})
