// The command lines of test:rxe and bench:rxe: the machine's own options may stand anywhere, all the
// others belong to the command that runs in the guest.

const valued = ['--cpu', '--accel', '--time-limit', '--memory']
const flags = ['--host', '--verbose']

/**
 * @param {string[]} args
 * @returns {{ machine: string[], cpu: string | undefined, command: string[] }} `machine`: options for
 *   tools/rxe-vm/run.mjs, which checks their values
 */
export function splitRxeArguments(args) {
  /** @type {string[]} */
  const machine = []
  /** @type {string[]} */
  const command = []
  let cpu
  for (let index = 0; index < args.length; index++) {
    const [name, ...rest] = args[index].split('=')
    if (flags.includes(args[index])) {
      machine.push(args[index])
    } else if (valued.includes(name)) {
      const value = rest.length > 0 ? rest.join('=') : (args[++index] ?? '')
      if (name === '--cpu') cpu = value
      else machine.push(`${name}=${value}`)
    } else {
      command.push(args[index])
    }
  }
  return { machine, cpu, command }
}
