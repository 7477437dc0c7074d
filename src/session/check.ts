// Checkers for what arrives as JSON: each returns the value with its type proven, or fails with
// ERR_UNTORN_PROTOCOL and the path of the field. A checked object is a new one that holds the known
// fields only, so nothing unforeseen travels on into the library or the addon.
import { UntornError } from '../errors.ts'

export type Checker<T> = (value: unknown, path: string) => T

export function fail(path: string, expected: string): never {
  throw new UntornError('ERR_UNTORN_PROTOCOL', `${path} must be ${expected}`)
}

export function record(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(path, 'an object')
  return value as Readonly<Record<string, unknown>>
}

/** An integer of [low, high]. */
export function integer(low: number, high: number): Checker<number> {
  return (value, path) => {
    if (!Number.isSafeInteger(value) || (value as number) < low || (value as number) > high) {
      fail(path, `an integer from ${low} to ${high}`)
    }
    return value as number
  }
}

/** A string that the pattern matches whole; pattern and description belong together. */
export function text(pattern: RegExp, description: string): Checker<string> {
  return (value, path) => {
    if (typeof value !== 'string' || !pattern.test(value)) fail(path, description)
    return value
  }
}

export function oneOf<const T extends string>(...accepted: readonly T[]): Checker<T> {
  return (value, path) => {
    if (!accepted.includes(value as T)) fail(path, `one of ${accepted.join(', ')}`)
    return value as T
  }
}

/** An array of at most `lengthMax` items. */
export function arrayOf<T>(item: Checker<T>, lengthMax: number): Checker<T[]> {
  return (value, path) => {
    if (!Array.isArray(value) || value.length > lengthMax) {
      fail(path, `an array of at most ${lengthMax}`)
    }
    return value.map((element, index) => item(element, `${path}[${index}]`))
  }
}

/** Checkers of the optional fields of T: one per field, so that a new field needs one to compile. */
export type FieldCheckers<T> = { readonly [K in keyof T]-?: Checker<NonNullable<T[K]>> }

/** An object whose fields listed in `required` must be there and whose other known ones may. */
export function shape<T extends object>(
  fields: FieldCheckers<T>,
  required: readonly (keyof T & string)[],
): Checker<T> {
  const names = Object.keys(fields) as (keyof T & string)[]
  return (value, path) => {
    const source = record(value, path)
    const result: Partial<T> = {}
    for (const name of names) {
      const field = Object.hasOwn(source, name) ? source[name] : undefined
      if (field !== undefined) result[name] = fields[name](field, `${path}.${name}`)
      else if (required.includes(name)) fail(`${path}.${name}`, 'there')
    }
    return result as T
  }
}
