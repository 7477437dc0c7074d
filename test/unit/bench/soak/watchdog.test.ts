// Goal: whoever hangs is told, and nobody else.
import { expect, test } from 'vitest'
import { type Watched, hangOf } from '../../../../bench/soak/watchdog.ts'

const patience = { startMs: 1000, silenceMs: 100, stallMs: 200 }
const nowMs = 5000
const well: Watched = {
  name: 'reader 3',
  ready: true,
  stopped: false,
  heardMs: nowMs - 50,
  progressMs: nowMs - 60,
  doing: 'read of seqlock',
}

test.each<[string, Partial<Watched>, boolean, boolean]>([
  ['speaks and succeeds', {}, true, false],
  ['is silent', { heardMs: nowMs - 101 }, true, true],
  ['is silent while the owner is away', { heardMs: nowMs - 101 }, false, true],
  ['is stopped', { heardMs: nowMs - 4000, progressMs: 0, stopped: true }, true, false],
  ['is starting', { heardMs: nowMs - 999, progressMs: 0, ready: false }, true, false],
  ['does not come to start', { heardMs: nowMs - 1001, ready: false }, true, true],
  ['fails all the time', { progressMs: nowMs - 201 }, true, true],
  ['fails while the owner is away', { progressMs: nowMs - 4000 }, false, false],
])('%s', (_name, state, ownerThere, hangs) => {
  const text = hangOf({ ...well, ...state }, ownerThere, nowMs, patience)
  expect(text !== null).toBe(hangs)
  if (text !== null) expect(text).toContain('reader 3')
})
