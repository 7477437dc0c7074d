// The last steps of opening a region, the same in every protocol: what the entry says has been checked
// already, what is left is the device at hand.
import { UntornError } from '../errors.ts'
import type { MemoryKernels } from '../protocols/local-memory.ts'
import type { ReaderMachine } from '../protocols/machine.ts'
import { assertSound } from './chooser.ts'
import type { BindingSource, CatalogueEntry } from './contract.ts'
import { preparedKernels, prepareRegions } from './kernels.ts'
import { ReadContext } from './read-context.ts'

/**
 * What a reader's handle is made of.
 * @param chainLengthMax operations of the machine's longest chain
 * @throws UntornError ERR_UNTORN_UNSOUND on the reader's device, ERR_UNTORN_QUEUE_FULL, or what
 *   `source.current()` fails with
 */
export async function openContext(
  source: BindingSource,
  entry: CatalogueEntry,
  chainLengthMax: number,
  createMachine: (kernels: MemoryKernels) => ReaderMachine,
): Promise<ReadContext> {
  await prepareRegions()
  const binding = source.current()
  if (binding instanceof UntornError) throw binding
  // The owner's CPU is not known, unless it is this host's.
  const ownerCpu = binding.device.provider === 'shared-memory' ? undefined : 'weak'
  assertSound(entry.protocol, entry.strategy, binding.device, entry.capacityBytes, ownerCpu)
  if (binding.queuePair.ring.capacity < chainLengthMax) {
    throw new UntornError(
      'ERR_UNTORN_QUEUE_FULL',
      `strategy "${entry.strategy}" needs a sendDepth of ${chainLengthMax} at least`,
    )
  }
  const kernels = preparedKernels(binding.device)
  return new ReadContext(source, entry, binding, () => createMachine(kernels))
}
