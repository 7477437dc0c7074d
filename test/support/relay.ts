// A TCP relay whose wires can be cut: the way to lose a control connection without a goodbye.
import { connect as connectTcp, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** Forwards connections to a port, until it is told to cut them. */
export class Relay {
  readonly port: number
  readonly #sockets: Set<Socket>

  constructor(port: number, sockets: Set<Socket>) {
    this.port = port
    this.#sockets = sockets
  }

  static async start(target: () => number): Promise<Relay> {
    const sockets = new Set<Socket>()
    const server = createServer((inner) => {
      const outer = connectTcp(target(), '127.0.0.1')
      for (const [from, to] of [
        [inner, outer],
        [outer, inner],
      ] as const) {
        sockets.add(from)
        from.pipe(to)
        from.on('error', () => to.destroy())
        from.on('close', () => to.destroy())
      }
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const relay = new Relay(port, sockets)
    onTestFinished(() => {
      relay.cut()
      server.close()
    })
    return relay
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
  }
}
