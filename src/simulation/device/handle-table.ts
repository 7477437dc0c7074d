// Handles of a simulated device, as the addon makes them (addon/core/handle_table.h): an index and a
// tag. Invariant: successive entries of the tables of one fabric differ in their tags, so a handle
// that was closed, made up, or belongs to another device is noticed.

/** 31 bits together, like the addon's. */
const INDEX_BITS = 17
const TAG_BITS = 14
export const HANDLES_MAX: number = 1 << INDEX_BITS

/** Where the tables of one fabric get their tags from. */
export class HandleTags {
  #last = 0

  /** 1 … 2^14 − 1: a handle is never 0. */
  next(): number {
    this.#last = (this.#last % ((1 << TAG_BITS) - 1)) + 1
    return this.#last
  }
}

export class HandleTable<Slot> {
  readonly #tags: HandleTags
  readonly #slots: ({ readonly handle: number; readonly slot: Slot } | undefined)[] = []
  /** First freed, first used again: the longest time before a slot's tag can recur. */
  readonly #free: number[] = []

  constructor(tags: HandleTags) {
    this.#tags = tags
  }

  get used(): number {
    return this.#slots.length - this.#free.length
  }

  get full(): boolean {
    return this.used >= HANDLES_MAX
  }

  /** Undefined when the handle is stale, foreign or 0. */
  find(handle: number): Slot | undefined {
    const entry = this.#slots[handle & (HANDLES_MAX - 1)]
    return entry !== undefined && entry.handle === handle ? entry.slot : undefined
  }

  /** Only when not full. Returns the handle. */
  insert(slot: Slot): number {
    const index = this.#free.shift() ?? this.#slots.length
    const handle = this.#tags.next() * HANDLES_MAX + index
    this.#slots[index] = { handle, slot }
    return handle
  }

  /** Nothing when the handle is stale. */
  remove(handle: number): void {
    if (this.find(handle) === undefined) return
    const index = handle & (HANDLES_MAX - 1)
    this.#slots[index] = undefined
    this.#free.push(index)
  }

  /** The slots in use, with their handles. */
  entries(): readonly { readonly handle: number; readonly slot: Slot }[] {
    return this.#slots.filter((entry) => entry !== undefined)
  }
}
