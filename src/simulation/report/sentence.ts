// Plain text for reports: whatever names and messages hold, it stays on its line and cannot write
// to a terminal.

/** A text without line breaks and control characters. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim()
}

/** A sentence of its own: a full stop at the end; a name at the beginning stays as it is. */
export function sentenceCase(sentence: string): string {
  const text = sentence.replace(/^reader /, 'Reader ').replace(/^a reader /, 'A reader ')
  return /[.!?]$/.test(text) ? text : `${text}.`
}
