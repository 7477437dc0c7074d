// Look of timelines. Colours stand in plain rules and once more under the dark scheme instead of
// variables, which not every SVG renderer knows. Both palettes tell old from new by lightness too.

/** What a mark is coloured by. */
export type Tone = 'older' | 'newer' | 'other'

interface Palette {
  readonly ground: string
  readonly ink: string
  readonly quiet: string
  readonly line: string
  readonly band: string
  readonly span: string
  readonly alarm: string
  readonly alarmBand: string
  readonly older: string
  readonly newer: string
  readonly other: string
}

const light: Palette = {
  ground: '#ffffff',
  ink: '#1b1f24',
  quiet: '#5c6670',
  line: '#c9d0d7',
  band: '#f4f6f8',
  span: '#e4e9ee',
  alarm: '#c4162a',
  alarmBand: '#fdecee',
  older: '#d98200',
  newer: '#1f5fbf',
  other: '#8b96a1',
}

const dark: Palette = {
  ground: '#14181d',
  ink: '#e8ecf0',
  quiet: '#9aa5b1',
  line: '#3d4650',
  band: '#1b2026',
  span: '#2b333c',
  alarm: '#ff7081',
  alarmBand: '#3a1c22',
  older: '#f2b04a',
  newer: '#6aa9ff',
  other: '#78838f',
}

function colours(palette: Palette): string {
  return [
    `.ground{fill:${palette.ground}}`,
    `text{fill:${palette.ink}}`,
    `.quiet,.number,.fold{fill:${palette.quiet}}`,
    `.label{stroke:${palette.ground}}`,
    `.axis,.rule{stroke:${palette.line}}`,
    `.band{fill:${palette.band}}`,
    `.span{fill:${palette.span};stroke:${palette.line}}`,
    `.read{fill:${palette.band};stroke:${palette.line}}`,
    `.alarm-band{fill:${palette.alarmBand}}`,
    `.hot{stroke:${palette.alarm}}`,
    `.alarm{fill:${palette.alarm}}`,
    `.act{fill:${palette.ink}}`,
    `.older{fill:${palette.older}}.newer{fill:${palette.newer}}.other{fill:${palette.other}}`,
    `.flow-older{stroke:${palette.older}}.flow-newer{stroke:${palette.newer}}`,
    `.flow-other{stroke:${palette.other}}`,
  ].join('')
}

/** The style sheet of a timeline. */
export const timelineStyle: string = [
  'text{font:12px system-ui,"Segoe UI","DejaVu Sans",sans-serif}',
  '.title{font-size:17px;font-weight:600}',
  '.sentence{font-size:14px;font-weight:600}',
  '.lane{font-size:13px;font-weight:600;text-anchor:middle}',
  '.number{text-anchor:end;font-size:11px;font-variant-numeric:tabular-nums}',
  '.fold{font-style:italic}',
  '.label{stroke-width:3;stroke-linejoin:round;paint-order:stroke}',
  '.left{text-anchor:end}',
  '.strong{font-weight:700}',
  '.axis{stroke-width:1.5;fill:none}.rule{stroke-width:1;stroke-dasharray:2 4;fill:none}',
  '.flow{fill:none;stroke-width:1.25;stroke-opacity:.55}',
  '.flow-strong{stroke-width:2.25;stroke-opacity:1}',
  '.hot{stroke-width:2.25;fill:none}.missed{stroke-dasharray:6 4}',
  colours(light),
  `@media (prefers-color-scheme: dark){${colours(dark)}}`,
].join('\n')
