// The owner process of the benches: publishes regions and writes self-certifying payloads into one
// of them at a given pace, is one of several writers of a region that another process owns, stores a
// probe's patterns, or executes threads of litmus programs (a peer's as well). Started by support/owner-process.ts; ends when that channel closes.
import type { OwnerReply, OwnerRequest, OwnerResult } from './support/owner-messages.ts'
import { BenchOwner } from './support/bench-owner.ts'
import { BenchPeer } from './support/bench-peer.ts'
import { LitmusActor } from './support/litmus-actor.ts'
import { ProbeOwner } from './support/probe-owner.ts'

if (process.send === undefined) {
  process.stderr.write(
    'This program is started by `untorn bench` or `untorn probe`, not by hand.\n',
  )
  process.exit(2)
}

// Ctrl-C reaches the whole process group. The bench ends at it and takes its channel along; an
// owner that ended first would only look like a lost peer.
process.on('SIGINT', () => {})

const owner = new BenchOwner()
const peer = new BenchPeer()
const probe = new ProbeOwner()
const litmus = new LitmusActor()

process.on('disconnect', () => {
  void Promise.allSettled([owner.close(), peer.close(), probe.close(), litmus.close()]).finally(
    () => process.exit(0),
  )
})

process.on('message', (message) => {
  const request = message as OwnerRequest
  answerTo(request).then(
    (result) => reply({ id: request.id, result }),
    (error: unknown) => reply({ id: request.id, failure: failureOf(error) }),
  )
})

async function answerTo(request: OwnerRequest): Promise<OwnerResult> {
  if (request.command === 'probe') return await probe.handle(request.order)
  if (request.command === 'litmus') return { litmus: await litmus.handle(request.order) }
  if (request.command === 'peer') return await peer.handle(request.order)
  return await owner.handle(request)
}

function reply(message: OwnerReply): void {
  // The bench may be gone already; `disconnect` deals with that.
  if (process.connected) process.send?.(message, () => {})
}

function failureOf(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: '', message: String(error) }
  const code = (error as { code?: unknown }).code
  return { code: typeof code === 'string' ? code : '', message: error.message }
}
