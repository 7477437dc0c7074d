// Words that negative controls keep in plain regions, in place of those of the sound strategies.

/** A lock in place of the hash. */
export const Locked = { lock: 0 } as const
/** A message's length in place of the generation. */
export const Message = { length: 16 } as const
