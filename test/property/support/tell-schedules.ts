// Tells how many schedules a suite of small worlds explored, for the log of a run.

/** @param explored what a suite counted, by world: a text that begins with "N schedules", or the numbers */
export function tellSchedules(
  suite: string,
  explored: Readonly<Record<string, string | { readonly schedules: number }>>,
): void {
  const counts = Object.values(explored).map((each) =>
    typeof each === 'string' ? Number.parseInt(each, 10) : each.schedules,
  )
  const schedules = counts.reduce((sum, count) => sum + count, 0)
  process.stdout.write(`${suite}: ${schedules} schedules of ${counts.length} worlds explored\n`)
}
