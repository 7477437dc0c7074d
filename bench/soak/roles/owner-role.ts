// The owner of every region: publishes them, and payload after payload, in bursts and with pauses.
import { listen } from '../../../src/session/index.ts'
import { type OwnedRegion, publishAll } from '../owned-regions.ts'
import { type Role, pause } from './role.ts'

const PAUSE_MS_MAX = 4
const BURST_MAX = 16

export const ownerRole: Role = async (context, ready) => {
  const { device, order, journal, random, ending } = context
  journal.waiting('listening')
  await using host = await listen(device, { host: order.address, port: order.port })
  journal.incarnation = host.incarnation
  const regions = publishAll(host, context)
  ready(host.port)
  while (!ending.aborted) {
    const region = regions[random.below(regions.length)] as OwnedRegion
    const burst = 1 + random.below(region.burstMax ?? BURST_MAX)
    for (let count = 0; count < burst && !ending.aborted; count += 1) await writeOnce(region)
    await pause(random.below(PAUSE_MS_MAX + 1), ending)
  }
  for (const region of regions) await region.end?.()

  async function writeOnce(region: OwnedRegion): Promise<void> {
    const { protocol } = region
    journal.begin(protocol, region.operation)
    try {
      await region.write()
      journal.succeeded(protocol, region.operation)
    } catch (error) {
      journal.failed(protocol, error)
    }
  }
}
