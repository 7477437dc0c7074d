// Goal: perftest's median is found in its own output. Method: output as version 4.4 prints it.
import { describe, expect, test } from 'vitest'
import { findPerftest, parseTypical } from '../../../bench/support/perftest.ts'

const output = `
---------------------------------------------------------------------------------------
                    RDMA_Read Latency Test
 Mtu             : 4096[B]
---------------------------------------------------------------------------------------
 #bytes #iterations    t_min[usec]    t_max[usec]  t_typical[usec]    t_avg[usec]    t_stdev[usec]   99% percentile[usec]   99.9% percentile[usec]
 8       1000          23.12          312.80       25.44              26.31            9.20            41.75                   312.80
---------------------------------------------------------------------------------------
`

describe('ib_read_lat', () => {
  test('the typical time of the size asked for', () => {
    expect(parseTypical(output, 8)).toBe(25.44)
  })

  test.each([
    ['another size', output, 64],
    ['no table', 'Couldn’t connect to 10.0.0.1:18515', 8],
    ['nothing', '', 8],
  ])('%s fails with a code', (_name, text, bytes) => {
    expect(() => parseTypical(text, bytes)).toThrow(
      expect.objectContaining({ code: 'ERR_UNTORN_SYSTEM' }) as Error,
    )
  })

  test('missing perftest is null', () => {
    expect(findPerftest('/nonexistent:/also-not')).toBeNull()
  })
})
