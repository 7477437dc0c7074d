#!/usr/bin/env node
// Adds up the sums that test runs wrote (UNTORN_SUM) and prints the counts as the last line. A run
// that left no sum counts as one failure.
//
//   node tools/add-sums.mjs FILE…

import path from 'node:path'
import { addTallies, countsLine, readTally } from './lib/tally.mjs'

const tallies = process.argv
  .slice(2)
  .map((file) => readTally(file, { name: path.basename(file, '.json'), status: 0 }))
const sum = addTallies(tallies)
process.stdout.write(`\n${sum.failed.map((name) => `failed: ${name}\n`).join('')}`)
process.stdout.write(`${countsLine(sum)}\n`)
if (sum.failed.length > 0 || sum.passed === 0) process.exitCode = 1
