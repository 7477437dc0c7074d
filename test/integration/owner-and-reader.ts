// What the owner and reader programs of README and examples must do, on whatever device.
import { expect } from 'vitest'
import { Program, runNode } from './programs.ts'

const LINE = /^version (\d+): counter (\d+), (whole|torn)$/

/** Starts an owner program on a free port. */
export async function startOwner(file: string): Promise<{ owner: Program; port: string }> {
  const owner = new Program(process.execPath, [file, '0'])
  const [, port = ''] = await owner.waitFor(/listening on port (\d+)/)
  return { owner, port }
}

/** Runs both as two processes, the reader against `address`. */
export async function expectOwnerAndReader(
  files: { readonly owner: string; readonly reader: string },
  address: string = '127.0.0.1',
): Promise<void> {
  const { owner, port } = await startOwner(files.owner)
  const reader = await runNode([files.reader, `${address}:${port}`])
  const end = await owner.stop()
  expect(reader, reader.stderr).toMatchObject({ status: 0, signal: null })
  expect(end, end.stderr).toMatchObject({ status: 0, signal: null })

  const lines = reader.stdout.trim().split('\n')
  expect(lines).toHaveLength(10)
  let last = 0
  for (const line of lines) {
    const [, version, counter, verdict] = LINE.exec(line) ?? []
    expect(verdict, line).toBe('whole')
    // Version 2 is the region as published, and each write adds two: bytes and version belong together.
    expect(Number(counter), line).toBe(Number(version) / 2 - 1)
    expect(Number(version)).toBeGreaterThanOrEqual(last)
    last = Number(version)
  }
}
