// Every bound of the control protocol, with where it comes from. Nothing a peer sends, or leaves
// unsent, may cost more than these.

/** Default port of a host: unassigned by IANA. */
export const DEFAULT_PORT = 7471

/** Version in every frame header; frames of another version end the connection. */
export const CONTROL_VERSION = 1

/** Body of one frame. The largest is a welcome with a full catalogue, see REGIONS_MAX. */
export const FRAME_BODY_BYTES_MAX: number = 1024 * 1024

/**
 * Body of the frames that a host accepts. A hello is some 300 bytes, an error at most 1000
 * characters, escaped sixfold; with PENDING_CONNECTIONS_MAX this bounds what strangers can make a
 * host hold: 64 × 8 KiB = 512 KiB.
 */
export const PEER_BODY_BYTES_MAX = 8192

/** Name of a region, UTF-8 bytes. */
export const REGION_NAME_BYTES_MAX = 128

/** One catalogue entry as JSON: at most 128 name bytes, escaped twofold, and some 450 of fields. */
export const ENTRY_BYTES_MAX = 1024

/** Regions of one host: so many entries and 4 KiB of endpoint fit one frame. */
export const REGIONS_MAX: number = Math.floor((FRAME_BODY_BYTES_MAX - 4096) / (ENTRY_BYTES_MAX + 1))

/** Connections that have not said hello yet; more are dropped at once. */
export const PENDING_CONNECTIONS_MAX = 64

/** From the start of a connection to its welcome: many round trips of any network, and a spare. */
export const HANDSHAKE_TIMEOUT_MS = 5000

/** Each side is heard at least this often, unless it announced another interval. */
export const HEARTBEAT_MS = 2000

/** Shortest interval at which the other side is checked, whatever it announced. */
export const HEARTBEAT_MS_MIN = 10

/** Longest interval a side may announce: an hour of silence proves nothing. */
export const HEARTBEAT_MS_MAX = 3_600_000

/** Silent intervals after which the other side counts as vanished. */
export const HEARTBEATS_MISSED_MAX = 3

/** How long a withdrawal waits for the peers to end their reads. */
export const WITHDRAW_TIMEOUT_MS = 1000

/** How often a region with reads in flight is looked at again. */
export const RELEASE_RETRY_MS = 2

/**
 * Bytes that may wait in a socket's send queue: two full catalogues. A peer that lets more pile up
 * does not read, and is dropped.
 */
export const BACKLOG_BYTES_MAX: number = 2 * FRAME_BODY_BYTES_MAX + 4096

/** From the last frame sent to the socket's destruction, when the other side does not hang up. */
export const CLOSE_GRACE_MS = 500

/** Text a peer may make us print: reasons and messages, characters. */
export const TEXT_CHARACTERS_MAX = 1000

/** Numbers that a catalogue entry or a grant has beyond its fields, at most. */
export const PARAMETERS_MAX = 16

/** Claims of one peer over all regions, at most. */
export const CLAIMS_PER_PEER_MAX = 64

/** Parts of its region that one grant opens, at most. */
export const WINDOWS_PER_GRANT_MAX = 8

/** Payload of a notice, bytes. */
export const NOTICE_BYTES_MAX = 64

/** How often a queue pair that a stopped peer keeps from closing is tried again. */
export const RETIRE_RETRY_MS = 100
