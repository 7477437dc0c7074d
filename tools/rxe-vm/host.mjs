/** `--host`: the command runs on this machine, on an RDMA device that it has. */

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { exitStatus, tell, ToolError } from './errors.mjs'

const devicesFolder = '/sys/class/infiniband'

/** @returns {string} the first RDMA device's name */
function findDevice() {
  const devices = fs.existsSync(devicesFolder) ? fs.readdirSync(devicesFolder).sort() : []
  if (devices.length > 0) return devices[0]
  throw new ToolError(
    '--host: looking for an RDMA device on this machine',
    fs.existsSync(devicesFolder)
      ? `${devicesFolder} is empty`
      : `${devicesFolder} does not exist (no RDMA module is loaded)`,
    'With a kernel that has rxe, as root: modprobe rdma_rxe; ' +
      'rdma link add rxe0 type rxe netdev IFACE\n' +
      'Without --host, the command runs in a virtual machine that has an rxe device.',
  )
}

/** @param {string} device @returns {Record<string, string>} */
function describe(device) {
  const ports = path.join(devicesFolder, device, 'ports')
  /** @type {Record<string, string>} */
  const environment = { UNTORN_RXE: '1', UNTORN_RXE_DEVICE: device }
  try {
    const port = fs.readdirSync(ports).sort()[0]
    const file = path.join(ports, port, 'gid_attrs/ndevs/0')
    const netdev = fs.readFileSync(file, 'utf8').trim()
    const addresses = os.networkInterfaces()[netdev] ?? []
    const address = addresses.find((candidate) => candidate.family === 'IPv4')
    if (address !== undefined) environment.UNTORN_RXE_ADDRESS = address.address
  } catch {
    // A device without a network interface (InfiniBand) has no address to pass on.
  }
  return environment
}

/**
 * @param {import('./options.mjs').Options} options
 * @param {string} project
 * @param {AbortSignal} interrupt
 * @returns {Promise<number>} the exit status
 */
export async function runOnHost(options, project, interrupt) {
  const device = findDevice()
  const [program, ...args] = options.command
  const env = { ...process.env, ...describe(device) }
  if (options.verbose) tell(`--host: running on ${device} of this machine`)
  const child = spawn(program, args, { cwd: project, env, stdio: ['ignore', 'inherit', 'inherit'] })
  let timeIsOver = false
  const timer = setTimeout(() => {
    timeIsOver = true
    child.kill('SIGKILL')
  }, options.timeLimitSeconds * 1000)
  const onInterrupt = () => child.kill(interrupt.reason)
  interrupt.addEventListener('abort', onInterrupt)
  const status = await new Promise((resolve) => {
    child.on('error', (error) => {
      tell(`${program} cannot be run: ${error.message}`)
      resolve(127)
    })
    child.on('exit', (code, signal) => {
      resolve(code ?? 128 + os.constants.signals[signal ?? 'SIGKILL'])
    })
  })
  clearTimeout(timer)
  interrupt.removeEventListener('abort', onInterrupt)
  if (!timeIsOver) return status
  tell(`the command did not end within ${options.timeLimitSeconds} s and was killed`)
  return exitStatus.timeLimit
}
