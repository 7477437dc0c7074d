// Reads of versioned slots: the present version, a version by number, and "anything newer?".
import { type SlotsStrategyName, slotsStrategies } from '../../src/protocols/slots/index.ts'
import {
  type MakeSubjects,
  READ_TIMEOUT_MS,
  type SubjectGroup,
  WORD_BYTES,
  expectUnchanged,
  latencyOrder,
} from './subject.ts'

export const slotsSubjects: MakeSubjects = async ({ peer, publish }, payloadBytes, smallest) => {
  const protocol = 'versioned-slots'
  const groups: SubjectGroup[] = []
  const checks: SubjectGroup[] = []
  for (const strategy of Object.keys(slotsStrategies) as SlotsStrategyName[]) {
    const order = latencyOrder(protocol, strategy, payloadBytes)
    if (!(await publish(order))) continue
    const options = { protocol, timeoutMs: READ_TIMEOUT_MS } as const
    const reader = await peer.open(order.name, options)
    const { version } = reader.readSync()
    const target = new Uint8Array(payloadBytes)
    // The table counts a first read of `hash`, which asks for the index before and after: one that
    // guesses right asks once. `fenced` asks twice either way.
    const first = slotsStrategies[strategy].remoteBytes(payloadBytes)
    const fetchedBytes = strategy === 'hash' ? first - WORD_BYTES : first
    const slotBytes = first - 2 * WORD_BYTES
    const read = { strategy, payloadBytes, fetchedBytes }
    const byVersion = { strategy, payloadBytes, fetchedBytes: slotBytes + WORD_BYTES }
    groups.push({
      protocol,
      baselineBytes: slotBytes,
      subjects: [
        { ...read, operation: 'readSync', call: () => void reader.readSync() },
        { ...read, operation: 'readIntoSync', call: () => void reader.readIntoSync(target) },
        { ...read, operation: 'borrowSync', call: () => void reader.borrowSync() },
        {
          ...byVersion,
          operation: 'readVersionSync',
          call: () => void reader.readVersionSync(version),
        },
      ],
    })
    if (!smallest) continue
    const checker = await peer.open(order.name, options)
    const known = checker.readSync().version
    const operation = 'readIfChangedSync'
    const call = (): void => expectUnchanged(checker.readIfChangedSync(known))
    checks.push({
      protocol,
      baselineBytes: WORD_BYTES,
      subjects: [{ strategy, operation, payloadBytes, fetchedBytes: WORD_BYTES, call }],
    })
  }
  return [...groups, ...checks]
}
