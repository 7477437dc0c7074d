// The failure of an owner that finds no room, with the numbers that say what takes it.
import { UntornError } from '../../errors.ts'
import type { HeapStatistics } from './heap.ts'
import type { Reclaimer } from './reclaimer.ts'

/** ERR_UNTORN_HEAP_EXHAUSTED for an object of so many bytes. */
export function heapExhausted(
  lengthBytes: number,
  heap: HeapStatistics,
  reclaimer: Reclaimer,
): UntornError {
  const { objects, usedUnits, units, emptySpans, spans } = heap
  const { waiting, oldestRetired } = reclaimer
  const oldest = waiting === 0 ? '' : `, the oldest since version ${oldestRetired}`
  return new UntornError(
    'ERR_UNTORN_HEAP_EXHAUSTED',
    `no room for ${lengthBytes} bytes: ${objects} objects take ${usedUnits} of ${units} units of ` +
      `64 bytes, ${emptySpans} of ${spans} spans are empty, ${waiting} objects wait to be ` +
      `reclaimed${oldest}`,
  )
}
