// A small check that a text is well-formed XML of the kind the project writes: one root, elements
// that nest, quoted attributes, no bare & or <.

/** Names of all elements in order of opening; throws where the text is not well-formed. */
export function elementsOf(xml: string): readonly string[] {
  const token = /<\/([a-z]+)>|<([a-z]+)((?: [a-zA-Z:-]+="[^"<]*")*)(\/?)>|([^<]+)/y
  const entity = /&(?!(?:amp|lt|gt|quot|apos);)/
  const names: string[] = []
  const open: string[] = []
  while (token.lastIndex < xml.length) {
    const at = token.lastIndex
    const found = token.exec(xml)
    if (found === null) throw new Error(`not XML at ${at}: ${xml.slice(at, at + 60)}`)
    const [, closing, opening, attributes = '', empty, text = ''] = found
    if (entity.test(attributes) || entity.test(text)) throw new Error(`bare & near ${at}`)
    if (closing !== undefined && open.pop() !== closing) throw new Error(`</${closing}> at ${at}`)
    if (opening === undefined) continue
    if (open.length === 0 && names.length > 0) throw new Error(`a second root at ${at}`)
    names.push(opening)
    if (empty === '') open.push(opening)
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)}> is not closed`)
  return names
}
