// One contract suite for every protocol, over real sessions in every world: what whoever opens a
// region may count on, whatever the protocol behind it. A strategy that the chooser refuses in a world
// is left out there.
import { describe, expect, test } from 'vitest'
import { describeEnds } from './ends.ts'
import { describeMisuse } from './misuse.ts'
import { describeObjects, describeReads } from './reads.ts'
import { subjects } from './subjects.ts'
import { describeUpdates } from './updates.ts'
import { worlds } from './worlds.ts'

for (const world of worlds) {
  const { host, peer } = await world.open()
  const sound = subjects.filter((subject) => subject.isSound(peer))
  await host.close()
  await peer.close()

  describe(`protocols on ${world.name}`, () => {
    test('each is there in one of its ways', () => {
      const protocols = new Set(subjects.map(({ protocol }) => protocol))
      expect(new Set(sound.map(({ protocol }) => protocol))).toEqual(protocols)
    })

    describe.each(sound)('$name', (subject) => {
      describeReads(world, subject)
      if (subject.reads === 'objects') describeObjects(world, subject)
      describeMisuse(world, subject)
      describeEnds(world, subject)
      if (subject.updates !== undefined) describeUpdates(world, subject, subject.updates)
    })
  })
}
