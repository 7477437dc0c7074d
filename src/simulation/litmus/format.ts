// Litmus programs as people write them: `~x` is x in the owner's memory, `‖` stands between threads.
import type { LitmusInstruction, PostOptions } from './instructions.ts'
import type { LitmusProgram, LitmusThread } from './program.ts'

/** `p: put ~x:=1; a:=get ~x ‖ owner: b:=x` */
export function formatProgram(program: LitmusProgram): string {
  const threads = [
    ...program.peers.map((peer) => ({ ...peer, what: peer.nic === 0 ? '' : ` (NIC ${peer.nic})` })),
    ...program.cpus.map((cpu) => ({ ...cpu, what: '' })),
  ]
  return threads
    .filter(({ instructions }) => instructions.length > 0)
    .map((thread) => `${thread.name}${thread.what}: ${formatThread(thread)}`)
    .join(' ‖ ')
}

function formatThread(thread: LitmusThread): string {
  return thread.instructions.map(formatInstruction).join('; ')
}

function formatInstruction(each: LitmusInstruction): string {
  switch (each.kind) {
    case 'put': {
      const source = typeof each.source === 'string' ? each.source : group(each.source.map(String))
      return `put ${group(each.variables.map(remote))}:=${source}${manner(each)}`
    }
    case 'get':
      return `${group(each.registers)}:=get ${group(each.variables.map(remote))}${manner(each)}`
    case 'compareAndSwap': {
      const { register, variable, expected, desired } = each
      return `${register}:=cas ~${variable} ${expected}→${desired}${manner(each)}`
    }
    case 'fetchAndAdd':
      return `${each.register}:=faa ~${each.variable} +${each.addend}${manner(each)}`
    case 'store': {
      const end = each.offsetBytes + each.lengthBytes
      const part = each.lengthBytes === 8 ? '' : `[${each.offsetBytes}, ${end})`
      return `${each.variable}${part}:=${each.value}`
    }
    case 'load':
      return `${each.register}:=${each.variable}`
    case 'poll':
      return each.queuePair === null ? 'poll' : `poll queue pair ${each.queuePair}`
    case 'fullFence':
      return 'full fence'
    case 'storeBarrier':
      return 'store barrier'
    case 'signal':
    case 'wait':
      return `${each.kind} ${each.signal}`
  }
}

function manner({ fenced, queuePair }: PostOptions): string {
  const words = [
    ...(fenced === true ? ['fenced'] : []),
    ...(queuePair === undefined || queuePair === 0 ? [] : [`queue pair ${queuePair}`]),
  ]
  return words.length === 0 ? '' : ` (${words.join(', ')})`
}

function remote(variable: string): string {
  return `~${variable}`
}

function group(words: readonly string[]): string {
  return words.length === 1 ? (words[0] as string) : `{${words.join(', ')}}`
}
