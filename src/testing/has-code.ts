// Tells errors of this library, which say what is wrong already, from whatever else was thrown.

/** Whether an error has a code of this library. */
export function hasCode(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_UNTORN_')
}
