// Which mutants there are: of the compiled protocols, each with a key that stays the same while
// its line and the function around it do, wherever in the file they move. The reasons of survivors
// hang on it: what is said of one line is never taken for another's.

import fs from 'node:fs'
import { SourceMap } from 'node:module'
import path from 'node:path'
import { project } from '../project.mjs'
import { mutantsOf, mutate } from './mutators.mjs'
import { mutatedProtocols } from './protocols.mjs'

/**
 * @typedef {{
 *   id: number, protocol: string, file: string, line: number, operator: string, key: string, code: string,
 *   names: readonly string[],
 * }} NamedMutant
 */

/** @param {string} built @returns {string[]} files that nobody thought of */
export function unknownFiles(built) {
  return Object.values(mutatedProtocols).flatMap(({ folder, files, others }) =>
    fs
      .readdirSync(path.join(built, folder))
      .filter((name) => name.endsWith('.js'))
      .map((name) => name.slice(0, -'.js'.length))
      .filter((name) => !Object.hasOwn(files, name) && !others.test(name))
      .map((name) => `${folder}/${name}`),
  )
}

/** @param {string} text */
const oneLine = (text) => text.replace(/\s+/g, ' ').trim()

/** @param {string} code @param {number} offset @returns {[number, number]} line and column, from 0 */
function placeOf(code, offset) {
  const before = code.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return [before.split('\n').length - 1, offset - lineStart]
}

/**
 * @param {string} built - folder of the compiled sources
 * @param {string} protocol
 * @param {string} file
 * @returns {Omit<NamedMutant, 'id'>[]}
 */
function mutantsOfFile(built, protocol, file) {
  const { folder, files, keyPrefix } = protocolNamed(protocol)
  const compiled = path.join(built, folder, `${file}.js`)
  const code = fs.readFileSync(compiled, 'utf8')
  const map = new SourceMap(JSON.parse(fs.readFileSync(`${compiled}.map`, 'utf8')))
  const source = fs.readFileSync(sourceOf(protocol, file), 'utf8').split('\n')
  /** @type {Map<string, number>} */
  const counts = new Map()
  return mutantsOf(code).map((mutant) => {
    const entry = map.findEntry(...placeOf(code, mutant.start))
    const line = ('originalLine' in entry ? entry.originalLine : 0) + 1
    const text = oneLine(source[line - 1] ?? '')
    const name = `${keyPrefix}${file}.ts | ${mutant.place} | ${text} | ${mutant.change}`
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    const key = count === 1 ? name : `${name} | ${count}`
    const mutated = mutate(code, mutant)
    const names = files[file] ?? []
    return { protocol, file, line, operator: mutant.operator, key, code: mutated, names }
  })
}

/** @param {string} name */
function protocolNamed(name) {
  const found = mutatedProtocols[name]
  if (found === undefined) throw new Error(`no protocol ${name} is mutated`)
  return found
}

/** @param {string} protocol @param {string} file @returns {string} the source file's path */
export const sourceOf = (protocol, file) =>
  path.join(project, 'src', protocolNamed(protocol).folder, `${file}.ts`)

/**
 * All mutants, in the order of files and lines.
 * @param {string} built
 * @returns {NamedMutant[]}
 */
export function allMutants(built) {
  return Object.entries(mutatedProtocols)
    .flatMap(([protocol, { files }]) =>
      Object.keys(files).flatMap((file) => mutantsOfFile(built, protocol, file)),
    )
    .map((mutant, id) => ({ id, ...mutant }))
}

/**
 * A copy of the compiled modules of the mutant's protocol with one replaced, beside the original ones, so that it
 * shares everything that is not mutated.
 * @param {string} built
 * @param {NamedMutant} mutant
 * @returns {string} its folder
 */
export function writeMutant(built, mutant) {
  const copy = path.join(built, 'protocols', `mutant-${mutant.id}`)
  fs.cpSync(path.join(built, protocolNamed(mutant.protocol).folder), copy, {
    recursive: true,
    filter: (from) => !/\.(d\.ts|map)$/.test(from),
  })
  fs.writeFileSync(path.join(copy, `${mutant.file}.js`), mutant.code)
  return copy
}
