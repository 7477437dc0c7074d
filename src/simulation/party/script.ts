// Scripts: what a party does, as a generator. Between two `yield`s it acts, in one step as seen by all
// others; at a `yield` it waits, and anything may happen. Invariant: a script knows of the world only
// what its party has observed, so acts and observations together are its state.

/** When a script goes on: null or nothing, whenever the schedule says so; else not before this is true. */
export type Wait = (() => boolean) | null | undefined

/** Values come from `yield*` of other scripts; a `yield` of one's own answers nothing. */
export type Script<T = void> = Generator<Wait, T, undefined>
