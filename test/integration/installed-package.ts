// The package as npm would publish it, installed in a folder outside the checkout.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

interface PackReport {
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

/**
 * Packs the checkout and installs the tarball in `folder`, without running its install script.
 * Returns the paths of the packed files.
 */
export function installPacked(folder: string): readonly string[] {
  const out = npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], '.')
  const [report] = JSON.parse(out) as PackReport[]
  if (report === undefined) throw new Error(`npm pack says ${out}`)
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--no-save']
  npm(['install', ...flags, path.join(folder, report.filename)], folder)
  return report.files.map((file) => file.path)
}

function npm(args: readonly string[], cwd: string): string {
  // Settings of the npm that runs these tests (a prefix, --silent) are not for this one.
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'))
  const env = { ...Object.fromEntries(own), npm_config_update_notifier: 'false' }
  const stdio = ['ignore', 'pipe', 'pipe'] as const
  return execFileSync('npm', [...args], { cwd, env, stdio: [...stdio], encoding: 'utf8' })
}
