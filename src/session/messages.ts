// What the two sides of a control connection say to each other, and the proof that what arrived is
// one of these: every field is checked for type and range before anybody acts on it.
//
//   peer → host   hello, renew, released, beat, bye, error
//   host → peer   welcome, renewed, published, withdrawn, beat, bye, error
import { type ErrorCode, errorTable, UntornError } from '../errors.ts'
import type { Endpoint, RegionDescriptor } from '../fabric/contract.ts'
import type { CatalogueEntry } from '../regions/contract.ts'
import { arrayOf, type Checker, fail, integer, oneOf, record, shape, text } from './check.ts'
import { encodeFrame, type Frame } from './frame.ts'
import {
  HEARTBEAT_MS_MAX,
  PARAMETERS_MAX,
  REGION_NAME_BYTES_MAX,
  REGIONS_MAX,
  TEXT_CHARACTERS_MAX,
} from './limits.ts'

/** First words of a peer: its provider is its endpoint's. `heartbeatMs` 0: it may fall silent. */
export interface Hello {
  readonly type: 'hello'
  readonly endpoint: Endpoint
  readonly heartbeatMs: number
}

export interface Welcome {
  readonly type: 'welcome'
  readonly endpoint: Endpoint
  readonly heartbeatMs: number
  /** Random per host, 48 bits: a restarted host has another. */
  readonly incarnation: number
  readonly catalogue: readonly CatalogueEntry[]
}

export interface Published {
  readonly type: 'published'
  readonly entry: CatalogueEntry
}

/** `withdrawn` takes a region back; `released` is the peer's answer once its reads have ended. */
export interface Withdrawn {
  readonly type: 'withdrawn' | 'released'
  readonly name: string
  readonly generation: number
}

/** A peer replaces its queue pair; the host answers with the endpoint of a new one of its own. */
export interface Renew {
  readonly type: 'renew' | 'renewed'
  readonly endpoint: Endpoint
}

export interface Beat {
  readonly type: 'beat'
}

export interface Bye {
  readonly type: 'bye'
  readonly reason: string
}

/** The last frame of a side that gives up on the connection. */
export interface Failure {
  readonly type: 'error'
  readonly code: ErrorCode
  readonly message: string
}

export type Message = Hello | Welcome | Published | Withdrawn | Renew | Beat | Bye | Failure

/** Types on the wire; numbers are never reused. */
const wireTypes: Readonly<Record<Message['type'], number>> = {
  hello: 1,
  welcome: 2,
  published: 3,
  withdrawn: 4,
  released: 5,
  renew: 6,
  renewed: 7,
  beat: 8,
  bye: 9,
  error: 10,
}

const u16 = integer(0, 0xffff)
const u32 = integer(0, 0xffffffff)
const descriptorNumber = integer(0, 0x7fffffff)
const lengthBytes = integer(0, Number.MAX_SAFE_INTEGER)
const decimal64 = text(/^\d{1,20}$/, 'a decimal number of at most 20 digits')
/** `device:inode` of a memfd, as the shared-memory provider writes it. */
const fileIdentity = text(/^\d{1,20}(:\d{1,20})?$/, "a file's device and inode, in decimal")
const hex64 = text(/^[0-9a-f]{1,16}$/, 'a hexadecimal number of at most 16 digits')
/** A host's incarnation or a region's generation: 48 random bits, never 0. */
const random48 = integer(1, 2 ** 48 - 1)
const prose = text(
  new RegExp(`^[^]{0,${TEXT_CHARACTERS_MAX}}$`),
  `a string of at most ${TEXT_CHARACTERS_MAX} characters`,
)
const provider = oneOf('verbs', 'shared-memory', 'simulation')
const heartbeatMs = integer(0, HEARTBEAT_MS_MAX)

const endpoint = shape<Endpoint>(
  {
    provider,
    pid: descriptorNumber,
    fd: descriptorNumber,
    inode: fileIdentity,
    doorbellFd: descriptorNumber,
    queuePairNumber: u32,
    packetSequence: u32,
    lid: u16,
    gid: text(/^[0-9a-fA-F:.]{0,45}$/, 'an IPv6 address'),
    gidIndex: u16,
    mtuBytes: integer(0, 65536),
    readDepth: integer(0, 65536),
  },
  ['provider'],
)

const descriptor = shape<RegionDescriptor>(
  {
    provider,
    lengthBytes,
    access: integer(0, 15),
    pid: descriptorNumber,
    fd: descriptorNumber,
    inode: fileIdentity,
    remoteKey: u32,
    address: decimal64,
  },
  ['provider', 'lengthBytes', 'access'],
)

/** Names are for people to type and print: no control characters, no lone surrogates. */
export const regionName: Checker<string> = (value, path) => {
  const expected = `a string of 1 to ${REGION_NAME_BYTES_MAX} bytes without control characters`
  if (typeof value !== 'string' || value.length === 0) fail(path, expected)
  if (Buffer.byteLength(value) > REGION_NAME_BYTES_MAX) fail(path, expected)
  if (/[\p{Cc}\p{Cs}]/u.test(value)) fail(path, expected)
  return value
}

const parameterName = /^[a-zA-Z]{1,40}$/
/** Numbers of a layout, by name. */
const parameters: Checker<Readonly<Record<string, number>>> = (value, path) => {
  const source = record(value, path)
  const names = Object.keys(source)
  if (names.length > PARAMETERS_MAX || !names.every((name) => parameterName.test(name))) {
    fail(path, `an object of at most ${PARAMETERS_MAX} named numbers`)
  }
  const number = integer(0, Number.MAX_SAFE_INTEGER)
  return Object.fromEntries(names.map((name) => [name, number(source[name], `${path}.${name}`)]))
}
const schema = text(/^[0-9a-f]{0,16}$/, 'a hexadecimal number of at most 16 digits, or empty')

/** Also applied by the host to what it publishes, so that no peer has to refuse it. */
export const catalogueEntry: Checker<CatalogueEntry> = shape<CatalogueEntry>(
  {
    name: regionName,
    protocol: oneOf('seqlock', 'versioned-slots', 'rcu-cell', 'locked'),
    strategy: oneOf('fenced', 'hash', 'words', 'lines'),
    layoutVersion: u16,
    capacityBytes: lengthBytes,
    generation: random48,
    rights: arrayOf(oneOf('read', 'write', 'atomic'), 3),
    hashKey: hex64,
    region: descriptor,
    parameters,
    schema,
  },
  [
    'name',
    'protocol',
    'strategy',
    'layoutVersion',
    'capacityBytes',
    'generation',
    'rights',
    'hashKey',
    'region',
    'parameters',
    'schema',
  ],
)

const errorCode: Checker<ErrorCode> = (value, path) => {
  if (typeof value !== 'string' || !Object.hasOwn(errorTable, value)) fail(path, 'an error code')
  return value as ErrorCode
}

type Body<T> = Omit<T, 'type'>
const readers: { readonly [T in Message['type']]: Checker<Body<Message & { type: T }>> } = {
  hello: shape<Body<Hello>>({ endpoint, heartbeatMs }, ['endpoint', 'heartbeatMs']),
  welcome: shape<Body<Welcome>>(
    {
      endpoint,
      heartbeatMs,
      incarnation: random48,
      catalogue: arrayOf(catalogueEntry, REGIONS_MAX),
    },
    ['endpoint', 'heartbeatMs', 'incarnation', 'catalogue'],
  ),
  published: shape<Body<Published>>({ entry: catalogueEntry }, ['entry']),
  withdrawn: shape<Body<Withdrawn>>({ name: regionName, generation: random48 }, [
    'name',
    'generation',
  ]),
  released: shape<Body<Withdrawn>>({ name: regionName, generation: random48 }, [
    'name',
    'generation',
  ]),
  renew: shape<Body<Renew>>({ endpoint }, ['endpoint']),
  renewed: shape<Body<Renew>>({ endpoint }, ['endpoint']),
  beat: (value, path) => (record(value, path), {}),
  bye: shape<Body<Bye>>({ reason: prose }, ['reason']),
  error: shape<Body<Failure>>({ code: errorCode, message: prose }, ['code', 'message']),
}

const typeNames: ReadonlyMap<number, Message['type']> = new Map(
  (Object.keys(wireTypes) as Message['type'][]).map((name) => [wireTypes[name], name]),
)

/** @throws UntornError ERR_UNTORN_FRAME_TOO_LARGE */
export function encodeMessage(message: Message): Buffer {
  const { type, ...body } = message
  return encodeFrame(wireTypes[type], Buffer.from(JSON.stringify(body)))
}

/** @throws UntornError ERR_UNTORN_PROTOCOL with the path of the offending field */
export function decodeMessage(frame: Frame): Message {
  const type = typeNames.get(frame.type)
  if (type === undefined) {
    throw new UntornError('ERR_UNTORN_PROTOCOL', `frames of type ${frame.type} are not known`)
  }
  let body: unknown
  try {
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(frame.body))
  } catch (cause) {
    throw new UntornError('ERR_UNTORN_PROTOCOL', `the body of ${type} is not JSON`, { cause })
  }
  return { type, ...readers[type](body, type) } as Message
}
