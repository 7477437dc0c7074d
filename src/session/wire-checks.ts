// What the fields of messages may hold: names, endpoints, keys, catalogue entries, grants. The same
// checks are applied by a host to what it says itself, so that no peer has to refuse it.
import { type ErrorCode, errorTable } from '../errors.ts'
import type { Endpoint, RegionDescriptor } from '../fabric/contract.ts'
import type { CatalogueEntry, ClaimKind, Grant, GrantedWindow } from '../regions/contract.ts'
import { arrayOf, type Checker, fail, integer, oneOf, record, shape, text } from './check.ts'
import {
  HEARTBEAT_MS_MAX,
  PARAMETERS_MAX,
  REGION_NAME_BYTES_MAX,
  TEXT_CHARACTERS_MAX,
  WINDOWS_PER_GRANT_MAX,
} from './limits.ts'

const u16 = integer(0, 0xffff)
const u32 = integer(0, 0xffffffff)
/** What a peer calls a claim: counts up from 1, so no two of one connection share it. */
export const claimId: Checker<number> = integer(1, 0xffffffff)
export const claimKind: Checker<ClaimKind> = oneOf('pin', 'write', 'lock', 'watch')
const descriptorNumber = integer(0, 0x7fffffff)
const lengthBytes = integer(0, Number.MAX_SAFE_INTEGER)
const decimal64 = text(/^\d{1,20}$/, 'a decimal number of at most 20 digits')
/** `device:inode` of a memfd, as the shared-memory provider writes it. */
const fileIdentity = text(/^\d{1,20}(:\d{1,20})?$/, "a file's device and inode, in decimal")
const hex64 = text(/^[0-9a-f]{1,16}$/, 'a hexadecimal number of at most 16 digits')
/** A host's incarnation or a region's generation: 48 random bits, never 0. */
export const random48: Checker<number> = integer(1, 2 ** 48 - 1)
export const prose: Checker<string> = text(
  new RegExp(`^[^]{0,${TEXT_CHARACTERS_MAX}}$`),
  `a string of at most ${TEXT_CHARACTERS_MAX} characters`,
)
const provider = oneOf('verbs', 'shared-memory', 'simulation')
export const heartbeatMs: Checker<number> = integer(0, HEARTBEAT_MS_MAX)

export const endpoint: Checker<Endpoint> = shape<Endpoint>(
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
    window: integer(1, Number.MAX_SAFE_INTEGER),
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

const grantedWindow = shape<GrantedWindow>({ offset: lengthBytes, region: descriptor }, [
  'offset',
  'region',
])

export const grant: Checker<Grant> = shape<Grant>(
  { windows: arrayOf(grantedWindow, WINDOWS_PER_GRANT_MAX), parameters },
  ['windows', 'parameters'],
)

export const errorCode: Checker<ErrorCode> = (value, path) => {
  if (typeof value !== 'string' || !Object.hasOwn(errorTable, value)) fail(path, 'an error code')
  return value as ErrorCode
}
