// Sequential specifications: what an object does when it is used by one caller at a time. A checker
// asks of a history whether some order of its operations is a run of the specification.

/**
 * A shared object as a state machine. States are values: `next` changes none. Deterministic objects
 * answer with one state or none; others with as many as the operation may lead to.
 */
export interface SequentialSpecification<State, Operation, Result> {
  readonly initial: State
  /**
   * The states that `operation` may lead to from `state` if it returned `result`: none where it cannot
   * have. Where nobody was told what it returned, `result` is undefined, and every effect counts.
   */
  next(state: State, operation: Operation, result: Result | undefined): readonly State[]
  /** A text or number that tells states apart: equal for states that behave alike. */
  key(state: State): string | number
}

export type RegisterOperation =
  | { readonly kind: 'read' }
  | { readonly kind: 'write'; readonly value: number }
  | { readonly kind: 'compareAndSwap'; readonly expected: number; readonly desired: number }

/** A read returns the value, a write nothing of interest, a swap whether it was done. */
export type RegisterResult = number | boolean

/** A word that is read, written, compared and swapped. */
export function registerSpecification(
  initial = 0,
): SequentialSpecification<number, RegisterOperation, RegisterResult> {
  return {
    initial,
    next(state, operation, result) {
      if (operation.kind === 'read') return result === undefined || result === state ? [state] : []
      if (operation.kind === 'write') return [operation.value]
      const swaps = state === operation.expected
      if (result !== undefined && result !== swaps) return []
      return [swaps ? operation.desired : state]
    },
    key: (state) => state,
  }
}

export interface VersionedOperation {
  readonly kind: 'load' | 'swap' | 'compareAndSwap'
  /** What a swap stores. */
  readonly value?: string | number
  /** Version that a compare-and-swap expects. */
  readonly expected?: number
}

export interface VersionedResult {
  /** Version that is present after the operation; of a missed compare-and-swap, the one it met. */
  readonly version?: number
  /** What a load found. */
  readonly value?: string | number
  /** Whether a compare-and-swap was done. */
  readonly swapped?: boolean
}

export interface VersionedState {
  readonly version: number
  readonly value: string | number
}

/**
 * A value under a version that grows by `step` with every change: what regions with several writers
 * are. A result may leave out what its caller was not told; a swap that returned is done.
 */
export function versionedSpecification(
  initial: VersionedState,
  step = 1,
): SequentialSpecification<VersionedState, VersionedOperation, VersionedResult> {
  return {
    initial,
    next(state, operation, result) {
      const swaps = operation.kind === 'swap' || operation.expected === state.version
      const stores = operation.kind !== 'load' && swaps
      const after = stores
        ? { version: state.version + step, value: operation.value ?? state.value }
        : state
      if (result === undefined) return [after]
      if (result.version !== undefined && result.version !== after.version) return []
      if (result.value !== undefined && result.value !== after.value) return []
      if (operation.kind === 'compareAndSwap' && result.swapped !== swaps) return []
      return [after]
    },
    key: ({ version, value }) => `${version} ${value}`,
  }
}
