// The layer below: one remote READ through a queue pair, with both ends in this process. No
// consistency here, only bytes that move; protocols are made of this.
//   node examples/03-fabric.mjs [DEVICE]
import { Opcode, Status, openDevice } from 'untorn/fabric'

const device = await openDevice(process.argv[2])
const near = device.createQueuePair()
const far = device.createQueuePair()
// Endpoints are plain data; between machines they travel over any connection of yours.
near.connect(far.endpoint)
far.connect(near.endpoint)

const owned = device.allocate(4096, { remoteRead: true })
owned.bytes.set(Buffer.from('bytes that nobody sent'))
const landing = device.allocate(4096)
const remote = device.importRegion(owned.descriptor)

const length = 22
near.ring.push(Opcode.Read, 0, near.nextId(), landing.handle, 0, remote.handle, 0, length)
const status = await near.submit()
if (status !== Status.Success) throw new Error(`the READ ended with status ${status}`)
console.log(Buffer.from(landing.slice(0, length)).toString())

await device.close()
