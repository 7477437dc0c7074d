// What the tests of sessions share: a host and a peer over fake devices, raw sockets that speak the
// control protocol badly on purpose, and waiting for a condition.
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { OpenReader } from '../../../src/regions/contract.ts'
import { connectWith, type ConnectOptions } from '../../../src/session/connect.ts'
import { FrameDecoder } from '../../../src/session/frame.ts'
import type { Host } from '../../../src/session/host.ts'
import { listen, type ListenOptions } from '../../../src/session/listen.ts'
import { decodeMessage, encodeMessage, type Message } from '../../../src/session/messages.ts'
import type { Peer } from '../../../src/session/peer.ts'
import { FakeDevice, type FakeReader, openFakeReader } from './fake-device.ts'
import type { UntornError } from '../../../src/errors.ts'

export type FakePeer = Peer<{ seqlock: OpenReader<FakeReader, { refuse?: UntornError }> }>

export async function startHost(
  options: ListenOptions = {},
  device: FakeDevice = new FakeDevice(),
): Promise<{ host: Host; device: FakeDevice }> {
  const host = await listen(device, { port: 0, host: '127.0.0.1', ...options })
  onTestFinished(() => host.close())
  return { host, device }
}

export async function startPeer(
  port: number,
  options: ConnectOptions = {},
  device: FakeDevice = new FakeDevice(),
): Promise<{ peer: FakePeer; device: FakeDevice }> {
  const peer = await connectWith(
    { seqlock: openFakeReader },
    device,
    { host: '127.0.0.1', port },
    options,
  )
  onTestFinished(() => peer.close())
  return { peer, device }
}

/** Waits until the condition holds; fails after two seconds. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 2000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not met: ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** A socket that collects what a control connection says, and whether it was closed. */
export class RawClient {
  readonly socket: Socket
  readonly messages: Message[] = []
  closed = false

  constructor(socket: Socket) {
    this.socket = socket
    const decoder = new FrameDecoder()
    socket.on('data', (chunk: Buffer) => {
      try {
        decoder.push(chunk, (frame) => this.messages.push(decodeMessage(frame)))
      } catch {
        // The other side speaks TLS: nothing that this one collects.
      }
    })
    socket.on('error', () => {})
    socket.on('close', () => (this.closed = true))
    onTestFinished(() => void socket.destroy())
  }

  static connect(port: number): Promise<RawClient> {
    return new Promise((resolve) => {
      const socket = connectTcp(port, '127.0.0.1', () => resolve(new RawClient(socket)))
    })
  }

  say(...messages: Message[]): void {
    for (const message of messages) this.socket.write(encodeMessage(message))
  }

  hello(): void {
    const endpoint = { provider: 'shared-memory', queuePairNumber: 1 } as const
    this.say({ type: 'hello', endpoint, heartbeatMs: 0 })
  }

  /** Codes of the error frames that came. */
  errors(): string[] {
    return this.messages.flatMap((message) => (message.type === 'error' ? [message.code] : []))
  }

  types(): string[] {
    return this.messages.map((message) => message.type)
  }
}

/** A host that answers with whatever the test says. */
export async function rawHost(serve: (client: RawClient) => void): Promise<number> {
  const server: Server = createServer((socket) => serve(new RawClient(socket)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())))
  return (server.address() as { port: number }).port
}

export function welcome(heartbeatMs: number = 0): Message {
  const endpoint = { provider: 'shared-memory', queuePairNumber: 1 } as const
  return { type: 'welcome', endpoint, heartbeatMs, incarnation: 5, catalogue: [] }
}
