// Made by `npm run matrix` from explorations: do not change it here. Which strategy is sound in which
// cell of the safety matrix; docs/safety-matrix.md explains, docs/safety-matrix.json is the evidence.
// Where the cells of a row differ, their order is that of `rowCells`.
import type { SafetyVerdict } from './safety-cell.ts'

export const safetyMatrix: Readonly<
  Record<
    'fenced' | 'hash' | 'words' | 'lines',
    Readonly<Record<string, SafetyVerdict | readonly SafetyVerdict[]>>
  >
> = {
  fenced: {
    '64 ascending': 'sound',
    '64 descendingInPacket': 'sound',
    '64 eitherInPacket': 'sound',
    '64 arbitrary': 'sound',
    '8 ascending': 'sound',
    '8 descendingInPacket': 'sound',
    '8 eitherInPacket': 'sound',
    '8 arbitrary': 'sound',
    '1 ascending': 'unsound',
    '1 descendingInPacket': 'unsound',
    '1 eitherInPacket': 'unsound',
    '1 arbitrary': 'unsound',
  },
  hash: {
    '64 ascending': 'sound',
    '64 descendingInPacket': 'sound',
    '64 eitherInPacket': 'sound',
    '64 arbitrary': 'sound',
    '8 ascending': 'sound',
    '8 descendingInPacket': 'sound',
    '8 eitherInPacket': 'sound',
    '8 arbitrary': 'sound',
    '1 ascending': ['sound', 'sound', 'sound', 'sound', 'sound', 'sampled', 'sound', 'sampled'],
    '1 descendingInPacket': [
      'sound',
      'sampled',
      'sound',
      'sampled',
      'sound',
      'sampled',
      'sound',
      'sampled',
    ],
    '1 eitherInPacket': [
      'sound',
      'sampled',
      'sound',
      'sampled',
      'sampled',
      'sampled',
      'sampled',
      'sampled',
    ],
    '1 arbitrary': 'sampled',
  },
  words: {
    '64 ascending': 'sound',
    '64 descendingInPacket': 'sound',
    '64 eitherInPacket': 'sound',
    '64 arbitrary': 'sound',
    '8 ascending': 'sound',
    '8 descendingInPacket': 'sound',
    '8 eitherInPacket': 'sound',
    '8 arbitrary': 'sound',
    '1 ascending': 'unsound',
    '1 descendingInPacket': 'unsound',
    '1 eitherInPacket': 'unsound',
    '1 arbitrary': 'unsound',
  },
  lines: {
    '64 ascending': 'sound',
    '64 descendingInPacket': 'sound',
    '64 eitherInPacket': 'sound',
    '64 arbitrary': 'sound',
    '8 ascending': 'unsound',
    '8 descendingInPacket': 'unsound',
    '8 eitherInPacket': 'unsound',
    '8 arbitrary': 'unsound',
    '1 ascending': 'unsound',
    '1 descendingInPacket': 'unsound',
    '1 eitherInPacket': 'unsound',
    '1 arbitrary': 'unsound',
  },
}
