/** Which of the host's environment variables the command sees in the guest. */

const names = new Set(
  (
    'PATH HOME USER LOGNAME LANG LANGUAGE TERM COLORTERM TZ CI NO_COLOR FORCE_COLOR ' +
    'NODE_ENV NODE_OPTIONS NODE_PATH DEBUG GITHUB_ACTIONS GITHUB_SHA GITHUB_RUN_ID'
  ).split(' '),
)

const prefixes = ['LC_', 'UNTORN_', 'VITEST_']

/**
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Record<string, string>} without what a shell could not export
 */
export function selectEnvironment(environment) {
  /** @type {Record<string, string>} */
  const selected = {}
  for (const [name, value] of Object.entries(environment)) {
    const wanted = names.has(name) || prefixes.some((prefix) => name.startsWith(prefix))
    if (wanted && value !== undefined && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      selected[name] = value
    }
  }
  return selected
}
