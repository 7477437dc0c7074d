// Ends the test process of an endless mutant: a thread of its own, for the main one never yields.
// The limit is one of CPU time, so that a busy machine makes no mutant endless; it is one for each
// test file, since a process may run those of several mutants.

import { Worker } from 'node:worker_threads'

const cpuLimitSeconds = 10

const watch = `
const { parentPort } = require('node:worker_threads')
const used = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
let before = used()
parentPort.on('message', () => (before = used()))
setInterval(() => {
  if (used() - before > ${cpuLimitSeconds}) process.kill(process.pid, 'SIGKILL')
}, 500)
`

/** Test files of one process share it. */
globalThis.mutationWatchdog ??= new Worker(watch, { eval: true })
globalThis.mutationWatchdog.unref()
globalThis.mutationWatchdog.postMessage('the next file begins')
