/**
 * The tool's own failures and how they are told.
 *
 * Exit statuses follow `timeout` and `env`: the command's own status is passed on, 124 means that
 * the time limit passed, 125 that the tool or the guest failed before or beside the command, and 2
 * that the tool was called wrongly.
 */

export const exitStatus = {
  usage: 2,
  timeLimit: 124,
  toolFailed: 125,
  brokenPipe: 141,
}

/** A failure with everything a user needs: what was tried, what came back, what to do. */
export class ToolError extends Error {
  /**
   * @param {string} tried - what the tool was doing
   * @param {string} cameBack - what happened instead
   * @param {string} whatToDo - the remedy
   * @param {number} [status] - the tool's exit status
   */
  constructor(tried, cameBack, whatToDo, status = exitStatus.toolFailed) {
    super(`${tried}: ${cameBack}\n${whatToDo}`)
    this.name = 'ToolError'
    this.status = status
  }
}

/**
 * Writes one message of the tool itself to standard error.
 *
 * @param {string} text
 */
export function tell(text) {
  process.stderr.write(`${text.trimEnd().replaceAll(/^/gm, 'rxe-vm: ')}\n`)
}

/** @param {string} text @param {number} countMax */
export function lastLines(text, countMax) {
  return text.replaceAll('\r', '').trimEnd().split('\n').slice(-countMax).join('\n')
}
