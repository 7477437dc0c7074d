// What the two sides of a control connection say to each other, and the proof that what arrived is
// one of these: every field is checked for type and range before anybody acts on it.
//
//   peer → host   hello, renew, released, claim, unclaim, noticed, beat, bye, error
//   host → peer   welcome, renewed, published, withdrawn, granted, denied, unclaimed, evicted, beat,
//                 bye, error
import { type ErrorCode, UntornError } from '../errors.ts'
import type { Endpoint } from '../fabric/contract.ts'
import type { CatalogueEntry, ClaimKind, Grant } from '../regions/contract.ts'
import { arrayOf, type Checker, record, shape } from './check.ts'
import { encodeFrame, type Frame } from './frame.ts'
import { REGIONS_MAX } from './limits.ts'
import {
  catalogueEntry,
  claimId,
  claimKind,
  endpoint,
  errorCode,
  grant,
  heartbeatMs,
  prose,
  random48,
  regionName,
} from './wire-checks.ts'

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

/**
 * A peer asks for a part of a region. The host answers each with `granted` or `denied`; what is
 * granted belongs to the queue pair of that moment and is over, without a word, when it is replaced.
 */
export interface ClaimRequest {
  readonly type: 'claim'
  /** Counts up in each connection: never asked twice. */
  readonly id: number
  readonly name: string
  readonly generation: number
  readonly kind: ClaimKind
}

export interface Granted {
  readonly type: 'granted'
  readonly id: number
  readonly grant: Grant
}

export interface Denied {
  readonly type: 'denied'
  readonly id: number
  readonly code: ErrorCode
  readonly message: string
}

/**
 * About one claim. `unclaim` gives it back and `unclaimed` says that the host has it; `noticed` says that
 * the claim took a notice and has room for the next.
 */
export interface ClaimNews {
  readonly type: 'unclaim' | 'unclaimed' | 'noticed'
  readonly id: number
}

/** The host has closed its end of the queue pair; every claim is over, and the peer may renew. */
export interface Evicted {
  readonly type: 'evicted'
  readonly reason: string
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

export type Message =
  | Hello
  | Welcome
  | Published
  | Withdrawn
  | Renew
  | ClaimRequest
  | Granted
  | Denied
  | ClaimNews
  | Evicted
  | Beat
  | Bye
  | Failure

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
  claim: 11,
  unclaim: 12,
  granted: 13,
  denied: 14,
  evicted: 15,
  unclaimed: 16,
  noticed: 17,
}

const claimNews = shape<Body<ClaimNews>>({ id: claimId }, ['id'])

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
  claim: shape<Body<ClaimRequest>>(
    { id: claimId, name: regionName, generation: random48, kind: claimKind },
    ['id', 'name', 'generation', 'kind'],
  ),
  unclaim: claimNews,
  unclaimed: claimNews,
  noticed: claimNews,
  granted: shape<Body<Granted>>({ id: claimId, grant }, ['id', 'grant']),
  denied: shape<Body<Denied>>({ id: claimId, code: errorCode, message: prose }, [
    'id',
    'code',
    'message',
  ]),
  evicted: shape<Body<Evicted>>({ reason: prose }, ['reason']),
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
