// One process of a soak: takes its role from the conductor, reports, ends when it is told to or when
// the channel closes. Started by actor-process.ts.
import { openDevice } from '../../src/fabric/open-device.ts'
import { RandomNumbers } from '../../src/simulation/random-numbers.ts'
import { Journal } from './journal.ts'
import { holderRole } from './roles/holder-role.ts'
import { ownerRole } from './roles/owner-role.ts'
import { pinnerRole } from './roles/pinner-role.ts'
import { readerRole } from './roles/reader-role.ts'
import type { Role } from './roles/role.ts'
import { writerRole } from './roles/writer-role.ts'
import type { ActorCommand, ActorMessage, ActorOrder, RoleName } from './soak-messages.ts'

const REPORT_MS = 100

const roles: Readonly<Record<RoleName, Role>> = {
  owner: ownerRole,
  reader: readerRole,
  pinner: pinnerRole,
  holder: holderRole,
  writer: writerRole,
}

if (process.send === undefined) {
  process.stderr.write('This program is started by `untorn bench soak`, not by hand.\n')
  process.exit(2)
}

// Ctrl-C reaches the whole process group; the conductor ends its actors.
process.on('SIGINT', () => {})

const ending = new AbortController()
process.on('disconnect', () => process.exit(0))
process.on('message', (message) => {
  const command = message as ActorCommand
  if (command.command === 'finish') ending.abort()
  else void act(command.order)
})

async function act(order: ActorOrder): Promise<void> {
  const journal = new Journal(() => tell({ kind: 'report', report: journal.report() }))
  const timer = setInterval(() => tell({ kind: 'report', report: journal.report() }), REPORT_MS)
  try {
    await using device = await openDevice(order.device)
    const random = new RandomNumbers(order.seed, order.id)
    const context = { device, order, journal, random, ending: ending.signal }
    await roles[order.role](context, (port) => tell({ kind: 'ready', port }))
    journal.waiting('closing the device')
  } catch (error) {
    const { stack = String(error), code = '' } = error as { stack?: string; code?: string }
    tell({ kind: 'failed', message: `${code} ${stack}` })
  }
  clearInterval(timer)
  tell({ kind: 'report', report: journal.report() }, () => process.disconnect())
}

function tell(message: ActorMessage, then: () => void = () => {}): void {
  // The conductor may be gone already; `disconnect` deals with that.
  if (process.connected) process.send?.(message, then)
}
