// What tests of watches share: claims whose notices the test takes, and promises looked at while the clock
// stands still.
import { type Mock, vi } from 'vitest'
import type { UntornError } from '../../../src/errors.ts'
import type { Claim, ClaimHolder } from '../../../src/regions/contract.ts'

/** A claim and the owner's side of it: notices arrive at once, or are lost. */
export class FakeClaim implements Claim {
  readonly kind = 'watch'
  readonly parameters = {}
  readonly windows: Claim['windows'] = []
  readonly binding: Claim['binding']
  readonly holder: ClaimHolder
  ended: UntornError | undefined
  onEnded: Claim['onEnded'] = null
  onNotice: Claim['onNotice'] = null
  lossy = false
  notices = 0
  readonly release: Mock<() => Promise<void>> = vi.fn(() => Promise.resolve())

  constructor(binding: Claim['binding'], id: number) {
    this.binding = binding
    this.holder = {
      id,
      kind: 'watch',
      peer: 'test',
      evict: () => Promise.resolve(),
      notify: (message) => {
        this.notices += 1
        if (!this.lossy) this.onNotice?.(message)
        return true
      },
    }
  }

  end(why: UntornError): void {
    this.ended = why
    this.onEnded?.(why)
  }
}

/** What a promise has come to without any time passing; undefined while it is pending. */
export async function settled<T>(promise: Promise<T>): Promise<T | undefined> {
  return await Promise.race([promise, turns()])
}

export async function turns(): Promise<undefined> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
  return undefined
}

export async function versionOf(
  next: Promise<IteratorResult<{ readonly version: number }, undefined>>,
): Promise<number | undefined> {
  return (await settled(next))?.value?.version
}
