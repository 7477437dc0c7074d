// How all tables for people look: columns apart, no lines, no colours of the table's own.

/** Options of cli-table3. */
export const plainTableStyle = {
  chars: {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '  ',
  },
  style: {
    head: [] as string[],
    border: [] as string[],
    'padding-left': 0,
    'padding-right': 0,
    compact: true,
  },
}
