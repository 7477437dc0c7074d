// Shortens text reports for pages.

/** Stores of one step that a report may show: a burst of 127 publications is more than a page. */
const STORES_SHOWN = 4

/** A text report without the middle of its long bursts of stores, all of one step. */
export function foldStores(report: string): string {
  const lines = report.split('\n')
  const folded: string[] = []
  for (let at = 0; at < lines.length;) {
    let end = at
    while (/^[ *>]* stores /.test(lines[end] ?? '')) end += 1
    const hidden = end - at - STORES_SHOWN
    if (hidden <= 1) {
      folded.push(...lines.slice(at, end + 1))
      at = end + 1
      continue
    }
    const half = STORES_SHOWN / 2
    folded.push(...lines.slice(at, at + half), `      … ${hidden} more stores …`)
    folded.push(...lines.slice(end - half, end))
    at = end
  }
  return folded.join('\n')
}
