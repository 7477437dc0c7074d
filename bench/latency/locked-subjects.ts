// Reads of a locked region, and its lock while nobody else wants it.
import { type LockStrategyName, lockStrategies } from '../../src/protocols/lock/index.ts'
import {
  type MakeSubjects,
  READ_TIMEOUT_MS,
  type SubjectGroup,
  WORD_BYTES,
  latencyOrder,
} from './subject.ts'

export const lockedSubjects: MakeSubjects = async ({ peer, publish }, payloadBytes) => {
  const protocol = 'locked'
  const groups: SubjectGroup[] = []
  for (const strategy of Object.keys(lockStrategies) as LockStrategyName[]) {
    const order = latencyOrder(protocol, strategy, payloadBytes)
    if (!(await publish(order))) continue
    const options = { protocol, timeoutMs: READ_TIMEOUT_MS } as const
    const reader = await peer.open(order.name, options)
    const holder = await peer.open(order.name, options)
    const target = new Uint8Array(payloadBytes)
    const whole = lockStrategies[strategy].remoteBytes(payloadBytes)
    // As of a seqlock: `fenced` knows the version from the read before.
    const fetchedBytes = strategy === 'fenced' ? payloadBytes + WORD_BYTES : whole
    const read = { strategy, payloadBytes, fetchedBytes }
    const lock = { strategy, payloadBytes, fetchedBytes: WORD_BYTES + whole }
    groups.push({
      protocol,
      baselineBytes: strategy === 'fenced' ? payloadBytes : whole,
      subjects: [
        { ...read, operation: 'readSync', call: () => void reader.readSync() },
        { ...read, operation: 'readIntoSync', call: () => void reader.readIntoSync(target) },
        {
          ...lock,
          operation: 'acquire, discard',
          call: async () => (await holder.acquire()).discard(),
        },
        {
          ...lock,
          operation: 'acquire, release',
          call: async () => (await holder.acquire()).release(),
        },
      ],
    })
  }
  return groups
}
