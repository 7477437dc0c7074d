// Negative controls that prove one READ by a seal which proves less than it seems to.
import { MessagePlacement } from './control-placements.ts'
import { MessageReader } from './control-readers.ts'
import {
  type SeqlockControl,
  type SeqlockControlName,
  control,
  everywhere,
  oneImage,
  sealControl,
} from './control.ts'
import {
  additiveSeal,
  unlengthedSeal,
  unversionedSeal,
  xorSeal,
  zeroSeedSeal,
} from './weak-seals.ts'

export const sealControls: readonly SeqlockControl[] = [
  sealControl(
    {
      name: 'zero-seed-hash',
      claim: 'memory that verifies was written',
      looksRight: 'A checksum of 64 bits over everything, version included.',
      interleaving: 'none: a zero page verifies as version 0',
      caughtUnder: everywhere,
      workload: 'zero-page',
    },
    () => zeroSeedSeal(),
    true,
  ),
  sealControl(
    {
      name: 'unversioned-hash',
      claim: 'bytes that verify belong to the version beside them',
      looksRight: 'The payload is proven, and its version came with it.',
      interleaving: 'version sampled a write later than seal and payload',
      caughtUnder: ['sharedMemory', 'minimal', 'bytes'],
    },
    (shape, kernels) => unversionedSeal(shape, kernels),
  ),
  control(
    {
      name: 'unlengthed-hash',
      claim: 'bytes that verify are as many as the length beside them says',
      looksRight: 'Version and every byte of the padded payload are proven.',
      interleaving: 'length sampled a write earlier or later than seal and payload',
      caughtUnder: ['sharedMemory', 'rxe', 'minimal', 'bytes'],
      workload: 'messages',
    },
    'plain',
    (memory, shape, kernels) => new MessagePlacement(memory, shape, unlengthedSeal(shape, kernels)),
    (shape, kernels) => new MessageReader(shape, unlengthedSeal(shape, kernels)),
    oneImage,
  ),
  checksum('additive-checksum', 'a sum of all words tells them from others', () => additiveSeal()),
  checksum('xor-checksum', 'the exclusive or of all words tells them from others', () => xorSeal()),
]

function checksum(
  name: SeqlockControlName,
  claim: string,
  seal: Parameters<typeof sealControl>[1],
): SeqlockControl {
  return sealControl(
    {
      name,
      claim,
      looksRight: 'Any single word that changes changes it, and the version is covered.',
      interleaving: 'some words of two versions that differ by words changing places',
      caughtUnder: everywhere,
      workload: 'swaps',
    },
    seal,
  )
}
