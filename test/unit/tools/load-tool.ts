// The tools are plain JavaScript without declarations; a test states the part that it uses.
import { pathToFileURL } from 'node:url'
import path from 'node:path'

/** Imports tools/NAME and takes its exports to be a T. */
export async function loadTool<T>(name: string): Promise<T> {
  return (await import(pathToFileURL(path.resolve('tools', name)).href)) as T
}
