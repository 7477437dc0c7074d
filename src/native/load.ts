// Finds and loads the addon's binary, on first use: importing the package loads nothing native.
// UNTORN_ADDON names another build of it, such as one with sanitizers.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { UntornError } from '../errors.ts'
import type { NativeBinding } from './binding.ts'

const BINARY = 'build/Release/untorn.node'
/** From this file to the package's root: run from src/, and compiled from dist/src/. */
const ROOTS = ['../../', '../../../']

let binding: NativeBinding | undefined

/**
 * The addon, loaded once for each environment.
 * @throws UntornError ERR_UNTORN_NATIVE_MISSING with the loader's error as `cause`
 */
export function native(): NativeBinding {
  binding ??= load()
  return binding
}

function load(): NativeBinding {
  const given = process.env['UNTORN_ADDON']
  const candidates =
    given === undefined || given === ''
      ? ROOTS.map((root) => fileURLToPath(new URL(root + BINARY, import.meta.url)))
      : [given]
  const file = candidates.find((candidate) => existsSync(candidate))
  if (file === undefined) {
    throw new UntornError(
      'ERR_UNTORN_NATIVE_MISSING',
      `the native addon is not built (looked for ${candidates.join(', ')}); ` +
        'run `npm rebuild untorn`',
      { cause: new Error(`no such file: ${candidates[0]}`) },
    )
  }
  try {
    return createRequire(import.meta.url)(file) as NativeBinding
  } catch (cause) {
    throw new UntornError(
      'ERR_UNTORN_NATIVE_MISSING',
      `the native addon ${file} cannot be loaded; run \`npm rebuild untorn\``,
      { cause },
    )
  }
}
