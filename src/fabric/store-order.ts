// In what order a CPU's stores become visible, by its architecture.

/**
 * `tso`: in program order (total store order). `weak`: in any order between barriers; also said of
 * every architecture that is not known to be better.
 */
export function storeOrderOf(arch: string): 'tso' | 'weak' {
  return arch === 'x64' || arch === 'ia32' ? 'tso' : 'weak'
}
