// The cells of the safety matrix: which there are, the sampling model of each, and which of them are
// one and the same experiment for a strategy, so that it is made once.
import { type SafetyCell, rowCells, safetyAxes } from '../../regions/safety-cell.ts'
import { type SamplingModel, replaysMatter, samplingModel } from '../sampling-model.ts'
import type { MatrixSubject } from './matrix-subject.ts'

/** Every cell, strongest guarantees first. */
export const safetyCells: readonly SafetyCell[] = safetyAxes.atomicGranuleBytes.flatMap(
  (atomicGranuleBytes) =>
    safetyAxes.sampling.flatMap((sampling) =>
      rowCells.map((column) => ({ atomicGranuleBytes, sampling, ...column })),
    ),
)

/** The model of a cell. Readers post READs only, so columns about WRITEs and atomics do not matter. */
export function modelOf(cell: SafetyCell): SamplingModel {
  return samplingModel({ ...cell })
}

/**
 * The cell that stands for `cell` with this strategy, because both have the same schedules:
 *  - where `replaysMatter` says no, the simulator leaves replays out (it gives the proof);
 *  - where a chain is one READ, no READ has another one before it that it could overtake: attempts
 *    and reads follow each other, each after the completion of the last.
 */
export function canonicalCell(subject: MatrixSubject, cell: SafetyCell): SafetyCell {
  return {
    ...cell,
    replay: replaysMatter(modelOf(cell)) ? cell.replay : 'off',
    readAfterRead: subject.chainLengthMax === 1 ? 'ordered' : cell.readAfterRead,
  }
}

/** The different experiments of a strategy. */
export function canonicalCells(subject: MatrixSubject): readonly SafetyCell[] {
  return safetyCells.filter((cell) => {
    const canonical = canonicalCell(subject, cell)
    return cell.replay === canonical.replay && cell.readAfterRead === canonical.readAfterRead
  })
}

/** A cell in words: `8 arbitrary suffix unordered weak`. */
export function cellName(cell: SafetyCell): string {
  const { atomicGranuleBytes, sampling, replay, readAfterRead, cpu } = cell
  return `${atomicGranuleBytes} ${sampling} ${replay} ${readAfterRead} ${cpu}`
}
