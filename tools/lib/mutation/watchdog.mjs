// Ends the test process of an endless mutant: a thread of its own, for the main one never yields.
// The limit is one of CPU time, so that a busy machine makes no mutant endless.

import { Worker } from 'node:worker_threads'

const cpuLimitSeconds = 10

const watch = `
setInterval(() => {
  const { user, system } = process.cpuUsage()
  if (user + system > ${cpuLimitSeconds} * 1e6) process.kill(process.pid, 'SIGKILL')
}, 500)
`

/** Test files of one process share it. */
globalThis.mutationWatchdog ??= new Worker(watch, { eval: true })
globalThis.mutationWatchdog.unref()
