// Makes mutants of one compiled module: every place where one of the operators below applies gives
// one text that differs there and nowhere else.
//
// The operators are those mistakes that protocols of shared memory are made of: a store or a barrier
// that is missing, two steps in the wrong order, a comparison that is too weak, a fence left out, an
// offset that is off by one. Left alone are the texts of errors, and assignments in constructors: a
// field that was never set is a mistake that the compiler finds. Left out are also mutants that fail
// wherever another one does, such as `&&` for `||` or `===` for `!==`: what notices that one side of
// a condition is missing, or that all of it is, notices those. Two assignments of plain values to
// different fields, neither of which reads the other's, are not exchanged: nothing can tell.

import { parseAst } from 'vitest/node'

/**
 * @typedef {{ type: string, start: number, end: number, [key: string]: any }} Node
 * @typedef {{
 *   operator: string, start: number, end: number, replacement: string, change: string,
 *   place: string,
 * }} Mutant - `change` tells it to people; `place` names the function or constant around it
 */

/** Operators and what they do, in the order of the report. */
export const operators = {
  'drop-barrier': 'a barrier is left out',
  'drop-statement': 'a call or an assignment is left out',
  'swap-statements': 'two neighbouring statements change places',
  'skip-return': 'a case falls through to the next one',
  condition: 'a condition is always true, or always false',
  boundary: 'an order is off by one: `<` is `<=`',
  conjunct: 'one side of an “and”, an “or” or a `??` decides alone',
  branch: 'a choice always takes the same side',
  boolean: 'a flag (such as `fenced`) is turned over',
  constant: 'a number is one more or one less',
  arithmetic: '`+` is `-`, `*` is `/`, floor is ceil, min is max',
  verdict: 'another verdict is returned',
}

const order = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' }
const arithmetic = { '+': '-', '-': '+', '*': '/', '/': '*', '%': '*', '>>>': '<<', '>>': '<<' }
const functions = { floor: 'ceil', ceil: 'floor', min: 'max', max: 'min' }
const verdicts = {
  More: 'Retry',
  Retry: 'Done',
  Done: 'Retry',
  Unchanged: 'Done',
  Closed: 'Retry',
}
const endings = { done: 'torn', unchanged: 'done', torn: 'done', unstable: 'torn' }

/** @param {Readonly<Record<string, string>>} table @param {string} key */
const entry = (table, key) => (Object.hasOwn(table, key) ? table[key] : undefined)

/** @param {Node} node */
const isComparison = ({ type, operator }) =>
  type === 'BinaryExpression' && (operator in order || operator === '===' || operator === '!==')

/** @param {Node} node */
const isLogical = ({ type, operator }) => type === 'LogicalExpression' && operator !== '??'

/**
 * Whether the node is a whole condition. That of a choice is the operator `branch`, that of a loop
 * would only make it endless, or no loop.
 * @param {Node} node @param {Node | null} parent
 */
function decides(node, parent) {
  if (parent === null || isLogical(parent)) return false
  if (parent.type === 'IfStatement') return parent.test === node
  if (parent.test === node) return false
  return isComparison(node) || isLogical(node)
}

/** @param {Node | undefined} node */
const isText = (node) => node?.type === 'TemplateLiteral' || typeof node?.value === 'string'

/** @param {Node} statement @returns {Node | undefined} the call, if it is one of a barrier */
function barrierCall({ expression }) {
  const called = expression?.type === 'CallExpression' ? expression.callee : undefined
  return called?.property?.name === 'barrier' ? expression : undefined
}

/** @param {Node} node @returns {boolean} whether it is a name, a number, or a field of one */
function isPlain({ type, object, computed }) {
  if (type === 'MemberExpression') return !computed && isPlain(object)
  return type === 'Literal' || type === 'Identifier' || type === 'ThisExpression'
}

/** @param {Node} statement @returns {Node | undefined} an assignment of a plain value to a field */
function plainAssignment({ expression }) {
  const { type, operator, left, right } = expression ?? {}
  if (type !== 'AssignmentExpression' || operator !== '=' || !isPlain(right)) return undefined
  return left.type === 'MemberExpression' && isPlain(left) ? expression : undefined
}

const named = new Set(['ClassDeclaration', 'FunctionDeclaration', 'VariableDeclarator'])
const keyed = new Set(['MethodDefinition', 'PropertyDefinition', 'Property'])

class Mutator {
  /** @type {Mutant[]} */
  mutants = []
  /** @type {(node: Node) => string} */
  #text
  #place = ''
  /** Inside a function's body. */
  #local = false

  /** @param {string} code */
  constructor(code) {
    this.#text = ({ start, end }) => code.slice(start, end)
  }

  /** @param {string} operator @param {Node} node @param {string} replacement @param {string} [told] */
  #add(operator, node, replacement, told = `${this.#text(node)} → ${replacement}`) {
    const { start, end } = node
    const change = told.replaceAll(/\s+/g, ' ').trim()
    if (this.#text(node) === replacement) return
    this.mutants.push({ operator, start, end, replacement, change, place: this.#place })
  }

  /** @param {Node} node @returns {string} the place inside of it; what is local adds nothing */
  #placeIn({ type, id, key }) {
    const name = named.has(type) ? id : keyed.has(type) ? key : undefined
    if (!name || this.#local) return this.#place
    return this.#place === '' ? this.#text(name) : `${this.#place}.${this.#text(name)}`
  }

  /** @param {Node} one @param {Node} next */
  #commute(one, next) {
    const [first, second] = [plainAssignment(one), plainAssignment(next)]
    if (first === undefined || second === undefined) return false
    const reads = (/** @type {Node} */ by, /** @type {Node} */ of) =>
      `${this.#text(by.right)}.`.startsWith(`${this.#text(of.left)}.`)
    if (this.#text(first.left) === this.#text(second.left)) return false
    return !reads(first, second) && !reads(second, first)
  }

  /** @param {Node} node @param {{ constructs: boolean, parent: Node | null }} inside */
  visit(node, inside) {
    if (node.type === 'ThrowStatement' || node.type.startsWith('Import')) return
    if (node.type === 'TemplateLiteral') return
    const [place, local] = [this.#place, this.#local]
    this.#place = this.#placeIn(node)
    this.#local ||= node.type === 'BlockStatement'
    this.#visitHere(node, inside)
    this.#place = place
    this.#local = local
  }

  /** @param {Node} node @param {{ constructs: boolean, parent: Node | null }} inside */
  #visitHere(node, inside) {
    const now = { constructs: inside.constructs || node.kind === 'constructor', parent: node }
    this.#statements(node, now)
    this.#conditions(node, inside.parent)
    this.#values(node)
    this.#verdicts(node)
    for (const value of Object.values(node)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (typeof child?.type === 'string') this.visit(child, now)
      }
    }
  }

  /** @param {Node} node @param {{ constructs: boolean }} inside */
  #statements(node, { constructs }) {
    const { type } = node
    if (type === 'SwitchCase' && node.consequent[0]?.type === 'ReturnStatement') {
      const [first] = node.consequent
      this.#add('skip-return', first, ';', `without ${this.#text(first)}`)
    }
    if (type !== 'BlockStatement' || constructs) return
    const plain = node.body.map((/** @type {Node} */ each) => each.type === 'ExpressionStatement')
    node.body.forEach((/** @type {Node} */ statement, /** @type {number} */ index) => {
      if (!plain[index]) return
      const told = `without ${this.#text(statement)}`
      this.#add(barrierCall(statement) ? 'drop-barrier' : 'drop-statement', statement, ';', told)
      if (!plain[index + 1]) return
      const next = node.body[index + 1]
      if (this.#commute(statement, next)) return
      const swapped = `${this.#text(next)} ${this.#text(statement)}`
      const both = { type: 'both', start: statement.start, end: next.end }
      this.#add(
        'swap-statements',
        both,
        swapped,
        `${this.#text(next)} before ${this.#text(statement)}`,
      )
    })
  }

  /** @param {Node} node @param {Node | null} parent */
  #conditions(node, parent) {
    const { type, operator } = node
    if (decides(node, parent)) {
      this.#add('condition', node, 'true')
      this.#add('condition', node, 'false')
    }
    if (type === 'ConditionalExpression') {
      this.#add('branch', node, this.#text(node.consequent))
      this.#add('branch', node, this.#text(node.alternate))
    }
    if (type === 'LogicalExpression') {
      const { left, right } = node
      this.#add('conjunct', node, this.#text(left), `without ${this.#text(right)}`)
      // Of a && b && c the first side is a && b, which has its own mutants.
      if (left.operator !== operator) {
        this.#add('conjunct', node, this.#text(right), `without ${this.#text(left)}`)
      }
    }
    const boundary = type === 'BinaryExpression' ? entry(order, operator) : undefined
    if (boundary !== undefined) this.#operator('boundary', node, boundary)
  }

  /** @param {string} name @param {Node} node @param {string} operator */
  #operator(name, node, operator) {
    const between = { type: 'operator', start: node.left.end, end: node.right.start }
    // Parentheses around the operands stay.
    const replacement = this.#text(between).replace(node.operator, operator)
    const { left, right } = node
    const told = `${this.#text(left)} ${operator} ${this.#text(right)}`
    this.#add(name, between, replacement, told)
  }

  /** @param {Node} node */
  #values(node) {
    const { type, value, operator } = node
    if (type === 'Literal' && typeof value === 'boolean') this.#add('boolean', node, `${!value}`)
    if (type === 'Literal' && (typeof value === 'number' || typeof value === 'bigint')) {
      const raw = this.#text(node)
      const one = typeof value === 'bigint' ? '1n' : '1'
      this.#add('constant', node, `(${raw} + ${one})`)
      if (Number(value) !== 0) this.#add('constant', node, `(${raw} - ${one})`)
    }
    if (type === 'BinaryExpression') {
      const other = entry(arithmetic, operator)
      if (other !== undefined && !isText(node.left) && !isText(node.right)) {
        this.#operator('arithmetic', node, other)
      }
    }
    if (type === 'MemberExpression' && node.object.name === 'Math') {
      const other = entry(functions, node.property.name)
      if (other !== undefined) this.#add('arithmetic', node.property, other)
    }
  }

  /** @param {Node} node */
  #verdicts({ type, argument }) {
    if (type !== 'ReturnStatement' || !argument) return
    const property =
      argument.type === 'CallExpression' ? argument.callee.property : argument.property
    const table = argument.type === 'CallExpression' ? endings : verdicts
    const isVerdict = argument.type === 'CallExpression' || argument.object?.name === 'Verdict'
    const other = property && isVerdict ? entry(table, property.name) : undefined
    if (other !== undefined) this.#add('verdict', property, other)
  }
}

/**
 * All mutants of a module, in the order of the places.
 * @param {string} code - JavaScript
 * @returns {Mutant[]}
 */
export function mutantsOf(code) {
  const mutator = new Mutator(code)
  mutator.visit(parseAst(code), { constructs: false, parent: null })
  const seen = new Set()
  return mutator.mutants
    .toSorted((one, other) => one.start - other.start || one.end - other.end)
    .filter(({ start, end, replacement }) => {
      const key = `${start} ${end} ${replacement}`
      return !seen.has(key) && seen.add(key)
    })
}

/** @param {string} code @param {Mutant} mutant @returns {string} the mutated module */
export function mutate(code, { start, end, replacement }) {
  return code.slice(0, start) + replacement + code.slice(end)
}
