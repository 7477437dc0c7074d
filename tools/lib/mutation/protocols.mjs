// Which protocols the mutation check makes mistakes in. A protocol is added by an entry here, with a
// suite of worlds to judge it by.

import { seqlockSuite } from './seqlock-suite.mjs'
import { slotsSuite } from './slots-suite.mjs'

/**
 * @typedef {{
 *   folder: string,
 *   files: Record<string, readonly string[]>,
 *   others: RegExp,
 *   strategies: string,
 *   tests: string[],
 *   keyPrefix: string,
 *   suite: import('./simulated-suite.mjs').Suite,
 * }} MutatedProtocol
 */

const marked = ['words', 'lines', 'fenced', 'hash']
const both = ['fenced', 'hash']

/**
 * By name: the folder below src; its sound code, and which strategies each file is part of; files that
 * are interfaces, or wrong on purpose; what strategies.ts exports; unit tests; what the keys of its
 * mutants begin with.
 *
 * @type {Record<string, MutatedProtocol>}
 */
export const mutatedProtocols = {
  seqlock: {
    folder: 'protocols/seqlock',
    files: {
      layout: marked,
      'version-word': marked,
      owner: marked,
      'placement-plain': ['fenced', 'hash'],
      'placement-words': ['words'],
      'placement-lines': ['lines'],
      'reader-base': marked,
      'reader-fenced': ['fenced'],
      'reader-hash': ['hash'],
      'reader-words': ['words'],
      'reader-lines': ['lines'],
      seal: ['hash'],
      strategies: marked,
    },
    others: /^(index|placement|weak-seals|controls?(-.*)?)$/,
    strategies: 'seqlockStrategies',
    tests: ['test/unit/protocols/!(slots|cell|lock)*.test.ts'],
    keyPrefix: '',
    suite: seqlockSuite,
  },
  slots: {
    folder: 'protocols/slots',
    files: {
      layout: both,
      'index-code': both,
      loan: both,
      owner: both,
      placement: both,
      'reader-base': both,
      'reader-fenced': ['fenced'],
      'reader-hash': ['hash'],
      strategies: both,
    },
    others: /^(index|controls?(-.*)?)$/,
    strategies: 'slotsStrategies',
    tests: ['test/unit/protocols/slots-*.test.ts'],
    keyPrefix: 'slots/',
    suite: slotsSuite,
  },
}

/** Names for `--file`: `slots/owner`. */
export const mutatedFileNames = Object.entries(mutatedProtocols).flatMap(([protocol, { files }]) =>
  Object.keys(files).map((file) => `${protocol}/${file}`),
)
