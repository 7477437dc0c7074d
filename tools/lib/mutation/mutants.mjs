// Which mutants there are: of the compiled seqlock modules, each with a key that stays the same while
// its line and the function around it do, wherever in the file they move. The reasons of survivors
// hang on it: what is said of one line is never taken for another's.

import fs from 'node:fs'
import { SourceMap } from 'node:module'
import path from 'node:path'
import { project } from '../project.mjs'
import { mutantsOf, mutate } from './mutators.mjs'

/**
 * @typedef {{
 *   id: number, file: string, line: number, operator: string, key: string, code: string,
 *   names: readonly string[],
 * }} NamedMutant
 */

const folder = 'protocols/seqlock'
const all = ['words', 'lines', 'fenced', 'hash']

/** The sound code, and which strategies each file is part of. */
export const mutatedFiles = {
  layout: all,
  'version-word': all,
  owner: all,
  'placement-plain': ['fenced', 'hash'],
  'placement-words': ['words'],
  'placement-lines': ['lines'],
  'reader-base': all,
  'reader-fenced': ['fenced'],
  'reader-hash': ['hash'],
  'reader-words': ['words'],
  'reader-lines': ['lines'],
  seal: ['hash'],
  strategies: all,
}

/** Interfaces, and the protocols that are wrong on purpose. */
const otherFiles = /^(index|placement|weak-seals|controls?(-.*)?)$/

/** @param {string} built @returns {string[]} files that nobody thought of */
export function unknownFiles(built) {
  const names = fs.readdirSync(path.join(built, folder)).filter((name) => name.endsWith('.js'))
  return names
    .map((name) => name.slice(0, -'.js'.length))
    .filter((name) => !Object.hasOwn(mutatedFiles, name) && !otherFiles.test(name))
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
 * @param {keyof typeof mutatedFiles} file
 * @returns {Omit<NamedMutant, 'id'>[]}
 */
function mutantsOfFile(built, file) {
  const compiled = path.join(built, folder, `${file}.js`)
  const code = fs.readFileSync(compiled, 'utf8')
  const map = new SourceMap(JSON.parse(fs.readFileSync(`${compiled}.map`, 'utf8')))
  const source = fs.readFileSync(sourceOf(file), 'utf8').split('\n')
  /** @type {Map<string, number>} */
  const counts = new Map()
  return mutantsOf(code).map((mutant) => {
    const entry = map.findEntry(...placeOf(code, mutant.start))
    const line = ('originalLine' in entry ? entry.originalLine : 0) + 1
    const text = oneLine(source[line - 1] ?? '')
    const name = `${file}.ts | ${mutant.place} | ${text} | ${mutant.change}`
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    const key = count === 1 ? name : `${name} | ${count}`
    const mutated = mutate(code, mutant)
    return { file, line, operator: mutant.operator, key, code: mutated, names: mutatedFiles[file] }
  })
}

/** @param {string} file @returns {string} the source file's path */
export const sourceOf = (file) => path.join(project, 'src', folder, `${file}.ts`)

/**
 * All mutants, in the order of files and lines.
 * @param {string} built
 * @returns {NamedMutant[]}
 */
export function allMutants(built) {
  const files = /** @type {(keyof typeof mutatedFiles)[]} */ (Object.keys(mutatedFiles))
  return files
    .flatMap((file) => mutantsOfFile(built, file))
    .map((mutant, id) => ({ id, ...mutant }))
}

/**
 * A copy of the compiled seqlock modules with one replaced, beside the original ones, so that it
 * shares everything that is not mutated.
 * @param {string} built
 * @param {NamedMutant} mutant
 * @returns {string} its folder
 */
export function writeMutant(built, mutant) {
  const copy = path.join(built, 'protocols', `mutant-${mutant.id}`)
  fs.cpSync(path.join(built, folder), copy, {
    recursive: true,
    filter: (from) => !/\.(d\.ts|map)$/.test(from),
  })
  fs.writeFileSync(path.join(copy, `${mutant.file}.js`), mutant.code)
  return copy
}
