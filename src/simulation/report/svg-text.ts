// Text in SVG: escaped, free of characters that XML forbids, and broken into lines by hand, since
// SVG breaks none.
import { oneLine } from './sentence.ts'

/** Text for elements and quoted attributes. */
export function escapeXml(text: string): string {
  return oneLine(text)
    .replaceAll(/[\p{Cs}\ufffe\uffff]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

/** Lines of at most `columns` characters; longer words are cut. */
export function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of oneLine(text).split(/\s+/)) {
    const pieces = word.length <= columns ? [word] : (word.match(cutter(columns)) ?? [])
    for (const piece of pieces) {
      if (line !== '' && line.length + 1 + piece.length > columns) {
        lines.push(line)
        line = ''
      }
      line = line === '' ? piece : `${line} ${piece}`
    }
  }
  if (line !== '') lines.push(line)
  return lines
}

function cutter(columns: number): RegExp {
  return new RegExp(`.{1,${columns}}`, 'gu')
}

/** A text element of class `name`; attributes may hold no quotes. */
export function textAt(x: number, y: number, name: string, text: string): string {
  return `<text x="${x}" y="${y}" class="${name}">${escapeXml(text)}</text>`
}
