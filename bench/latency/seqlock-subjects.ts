// Reads of a seqlock by each strategy.
import { seqlockStrategies } from '../../src/protocols/seqlock/index.ts'
import type { Strategy } from '../../src/regions/contract.ts'
import {
  type MakeSubjects,
  READ_TIMEOUT_MS,
  type SubjectGroup,
  WORD_BYTES,
  expectUnchanged,
  latencyOrder,
} from './subject.ts'

export const seqlockSubjects: MakeSubjects = async ({ peer, publish }, payloadBytes, smallest) => {
  const groups: SubjectGroup[] = []
  const checks: SubjectGroup[] = []
  for (const strategy of Object.keys(seqlockStrategies) as Strategy[]) {
    const order = latencyOrder('seqlock', strategy, payloadBytes)
    if (!(await publish(order))) continue
    const reader = await peer.open(order.name, { timeoutMs: READ_TIMEOUT_MS })
    // A `fenced` reader of an idle region holds its version from the read before: it fetches the
    // payload and the version once, in two READs. Against one READ of the payload it has to stand.
    const fenced = strategy === 'fenced'
    const fetchedBytes = fenced
      ? payloadBytes + WORD_BYTES
      : seqlockStrategies[strategy].remoteBytes(payloadBytes)
    const target = new Uint8Array(payloadBytes)
    const common = { strategy, payloadBytes, fetchedBytes }
    groups.push({
      protocol: 'seqlock',
      baselineBytes: fenced ? payloadBytes : fetchedBytes,
      subjects: [
        { ...common, operation: 'readSync', call: () => void reader.readSync() },
        { ...common, operation: 'readIntoSync', call: () => void reader.readIntoSync(target) },
        { ...common, operation: 'borrowSync', call: () => void reader.borrowSync() },
      ],
    })
    if (!smallest) continue
    // Another reader, so that each keeps to one kind of call.
    const checker = await peer.open(order.name, { timeoutMs: READ_TIMEOUT_MS })
    const { version } = checker.readSync()
    const operation = 'readIfChangedSync'
    const call = (): void => expectUnchanged(checker.readIfChangedSync(version))
    checks.push({
      protocol: 'seqlock',
      baselineBytes: WORD_BYTES,
      subjects: [{ strategy, operation, payloadBytes, fetchedBytes: WORD_BYTES, call }],
    })
  }
  return [...groups, ...checks]
}
