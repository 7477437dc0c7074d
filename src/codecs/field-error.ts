// Failures of fields say which field it was.

/** The same failure, its message beginning with the field's name. */
export function named(field: string, error: unknown): unknown {
  if (error instanceof Error) error.message = `${field}: ${error.message}`
  return error
}
