// Goal: the picture is well-formed, self-contained, accessible, and marks what the sentence names.
// Method: hand-written traces, a small XML reader, geometry of the marks.
import { describe, expect, test } from 'vitest'
import { renderTimeline } from '../../../../src/simulation/report/svg-timeline.ts'
import { TraceBuilder, failedRun, longRun, torn, tornRead, tornSecondAttempt } from './traces.ts'
import { elementsOf } from './well-formed.ts'

const count = (text: string, part: string): number => text.split(part).length - 1

describe.each([
  ['a torn read', tornRead()],
  ['a second attempt', tornSecondAttempt()],
  ['150 steps', longRun()],
  ['nothing', { actors: [], events: [] }],
])('%s', (_name, trace) => {
  const svg = renderTimeline(failedRun(trace, torn))

  test('is well-formed', () => {
    expect(elementsOf(svg).slice(0, 4)).toEqual(['svg', 'title', 'desc', 'style'])
  })

  test('needs nothing from elsewhere', () => {
    expect(svg).not.toMatch(/<script|<image|<a |@import|url\(|href|@font-face|\bon[a-z]+=/)
    expect(count(svg, 'http')).toBe(1)
    expect(svg).not.toContain(' id="')
  })

  test('has a dark scheme that colours what the light one colours', () => {
    const [light, dark] = svg.split('@media (prefers-color-scheme: dark)')
    const rules = (text = ''): string[] =>
      [...text.matchAll(/\.([a-z-]+)\{(?=fill|stroke:)/g)].map(String)
    for (const rule of rules(dark?.split('</style>')[0])) expect(rules(light)).toContain(rule)
    expect(rules(dark).length).toBeGreaterThan(10)
  })

  test('everything stands inside the picture, and numbers are numbers', () => {
    const [, width = '0', height = '0'] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? []
    expect(svg).not.toMatch(/NaN|undefined|Infinity|null/)
    // The legend's marks have their own origin.
    const marks = svg.replaceAll(/<g transform.*?<\/g>/g, '')
    for (const [, x, y] of marks.matchAll(/<(?:text|rect) x="([\d.-]+)" y="([\d.-]+)"/g)) {
      expect(Number(x)).toBeGreaterThanOrEqual(0)
      expect(Number(x)).toBeLessThan(Number(width))
      expect(Number(y)).toBeGreaterThanOrEqual(0)
      expect(Number(y)).toBeLessThan(Number(height))
    }
  })
})

describe('the tearing', () => {
  const svg = renderTimeline(failedRun(tornRead(), torn))

  test('three rings, one missed arrow, an arrow for each word of the result', () => {
    expect(count(svg, 'r="9" class="hot"')).toBe(3)
    // Once in the picture, once in the legend.
    expect(count(svg, 'class="hot missed"')).toBe(2)
    expect(svg.match(/class="flow flow-(older|newer)( flow-strong)?"/g)).toHaveLength(3)
    expect(count(svg, ' flow-strong"')).toBe(2)
  })

  test('the description is the sentence', () => {
    expect(svg).toMatch(/<desc>Reader r1 returned words of versions 2 and 4: .*\.<\/desc>/)
  })

  test('without a pair there is no ring', () => {
    const stale = renderTimeline(failedRun(tornRead(), { kind: 'stale', message: 'r1 is late' }))
    expect(count(stale, 'r="9" class="hot"')).toBe(0)
    expect(stale).toContain('r1 is late.')
  })
})

test('long runs stay short', () => {
  const svg = renderTimeline(failedRun(longRun(), torn))
  const height = Number(/ height="(\d+)"/.exec(svg)?.[1])
  expect(height).toBeLessThan(1600)
  expect(svg).toMatch(/… \d+ steps: owner stores versions \d+ to \d+ …/)
})

test('long labels are cut, and the picture is wide enough for what is left', () => {
  const trace = new TraceBuilder()
    .step()
    .act('r1', `begins ${'x'.repeat(300)}`)
    .build(['r1'])
  const svg = renderTimeline(failedRun(trace, torn))
  const [, x = '0', label = ''] =
    /<text x="([\d.]+)"[^>]* class="label left">([^<]*)</.exec(svg) ?? []
  expect(label).toMatch(/…$/)
  expect(Number(x) - label.length * 6).toBeGreaterThan(0)
  // The tooltip has all of it.
  expect(svg).toContain('x'.repeat(300))
})

test('hostile names are text', () => {
  const name = '<&">\u0000\ud800\'x'
  const trace = new TraceBuilder()
    .step()
    .store(name, 2, 1, '<script>alert("&")</script>')
    .step()
    .act('r1', '</text></svg>')
    .build([name, 'r1'])
  const run = failedRun(trace, { kind: '<b>', message: '"&amp;' })
  const svg = renderTimeline({ ...run, scenarioName: `]]>${name}` })
  expect(elementsOf(svg)).not.toContain('script')
  expect(svg).toContain('&lt;&amp;&quot;&gt;')
  expect(svg).not.toContain('\u0000')
  expect(svg).not.toContain('\ud800')
})

test('the reader of XML finds faults', () => {
  for (const bad of [
    '<a>',
    '<a></b>',
    '<a x=1/>',
    '<a>&</a>',
    '<a/><b/>',
    '<a x="<"/>',
    '<a b="&"/>',
  ]) {
    expect(() => elementsOf(bad)).toThrow()
  }
})
