// What a typed read gives.

/** A value that was published as one version. */
export interface TypedSnapshot<V> {
  /** Grows: a later write has a greater one. */
  readonly version: number
  readonly value: V
}
