// fast-check arbitraries of a run: the owner's steps, the reader's plans, and the choice tape.
import fc from 'fast-check'
import type { CopyManner } from './recorded-memory.ts'
import type { ReadPlan } from './seqlock-run.ts'
import type { OwnerStep } from './trace.ts'

const fraction = fc.nat({ max: 63 })

const manner: fc.Arbitrary<CopyManner> = fc.record({
  unitBytes: fc.constantFrom(8, 1),
  order: fc.constantFrom('ascending', 'descending', 'evens-first'),
})

/** Steps of an owner who only writes whole payloads. */
export const writesOnly: fc.Arbitrary<readonly OwnerStep[]> = fc.array(
  fc.record({ kind: fc.constant('write' as const), manner }),
  { minLength: 3, maxLength: 6, size: 'max' },
)

/** Steps of an owner who uses everything: writes, updates, parts, aborts. */
export const allSteps: fc.Arbitrary<readonly OwnerStep[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constantFrom('write' as const, 'update' as const), manner }),
    fc.record({
      kind: fc.constantFrom('part' as const, 'abort' as const),
      manner,
      from: fraction,
      length: fraction,
    }),
  ),
  { minLength: 3, maxLength: 6, size: 'max' },
)

/** Aborted writes between whole ones. */
export const abortSteps: fc.Arbitrary<readonly OwnerStep[]> = fc.array(
  fc.record({ kind: fc.constant('abort' as const), manner, from: fraction, length: fraction }),
  { minLength: 2, maxLength: 4, size: 'max' },
)

export const allPlans: fc.Arbitrary<readonly ReadPlan[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('read' as const, 'part' as const, 'if-changed' as const),
    from: fraction,
    length: fraction,
  }),
  { minLength: 2, maxLength: 6, size: 'max' },
)

/** Whole reads, as many as a control needs to go wrong. */
export const wholeReads: fc.Arbitrary<readonly ReadPlan[]> = fc.constant(
  Array.from({ length: 4 }, () => ({ kind: 'read' as const, from: 0, length: 0 })),
)

/** Whole reads and reads of the last byte alone, which fetch a header and a range apart. */
export const wholeAndLast: fc.Arbitrary<readonly ReadPlan[]> = fc.constant(
  (['read', 'part', 'part', 'read'] as const).map((kind) => ({ kind, from: 63, length: 0 })),
)

/** A choice whose low three bits, how far the owner gets, are benign. */
const readerOnly = fc.nat({ max: 0x1fff }).map((pick) => pick << 3)
const any = fc.nat({ max: 0xffff })

function tape(
  readerOnlyWeight: number,
  anyWeight: number,
  maxLength: number = 250,
): fc.Arbitrary<number[]> {
  return fc.array(
    fc.oneof(
      { weight: readerOnlyWeight, arbitrary: readerOnly },
      { weight: anyWeight, arbitrary: any },
    ),
    { minLength: 0, maxLength, size: 'max' },
  )
}

/** READs in benign order, with a few moves. */
const fewMoves = fc.array(
  fc.oneof({ weight: 30, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: any }),
  { minLength: 0, maxLength: 250, size: 'max' },
)

/**
 * The choices of a run. In dense tapes the owner moves at nearly every step; in sparse ones a few
 * moves fall anywhere, which is what schedules of small depth need; short ones leave the rest of
 * a READ to itself; in the last kind READs go their benign way too.
 */
export const tapes: fc.Arbitrary<number[]> = fc.oneof(
  tape(1, 3),
  tape(6, 1),
  tape(20, 1),
  tape(1, 2, 8),
  fewMoves,
)
