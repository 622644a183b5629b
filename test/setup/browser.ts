/**
 * A real browser for tests: the Chromium that comes through npm, with the few libraries and the font it needs, so that
 * nothing has to be installed. Where it does not run (macOS, Windows, ARM) an installed Chrome or Chromium is used.
 */

import { execFileSync } from 'node:child_process'
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { chromium, type Browser, type LaunchOptions, type Page } from 'playwright-core'

/**
 * Starts a browser. The caller closes it.
 *
 * `TEST_BROWSER` names another executable.
 */
export async function launchBrowser(): Promise<Browser> {
  const args = [
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ]
  const named = process.env['TEST_BROWSER']
  if (named) return chromium.launch({ executablePath: named, args })
  if (process.platform === 'linux' && process.arch === 'x64') {
    try {
      return await chromium.launch({ ...fromNpm(), args })
    } catch (error) {
      if (!installed()) throw error
    }
  }
  const executablePath = installed()
  // Playwright knows where macOS and Windows keep Chrome, and says what to do where there is none.
  return chromium.launch({ ...(executablePath ? { executablePath } : { channel: 'chrome' }), args })
}

/** What a page did that a page under a strict policy, with everything from its own origin, must not do. */
export interface Watched {
  /** Violations of the Content-Security-Policy, as the browser reports them to the page. */
  readonly violations: string[]
  /** Every request, in order: method and URL. */
  readonly requests: string[]
  /** Errors in the console and uncaught exceptions. */
  readonly errors: string[]
}

/** Writes down what a page does. Call it before the page goes anywhere. */
export async function watch(page: Page): Promise<Watched> {
  const watched: Watched = { violations: [], requests: [], errors: [] }
  await page.exposeFunction('reportViolation', (text: string) => watched.violations.push(text))
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const report = Reflect.get(globalThis, 'reportViolation') as (text: string) => void
      report(`${event.violatedDirective}: ${event.blockedURI} in ${event.sourceFile}:${event.lineNumber}`)
    })
  })
  page.on('request', (request) => watched.requests.push(`${request.method()} ${request.url()}`))
  page.on('console', (message) => {
    if (message.type() === 'error') watched.errors.push(message.text())
  })
  page.on('pageerror', (error) => watched.errors.push(String(error)))
  return watched
}

function installed(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find(isExecutable)
}

function fromNpm(): LaunchOptions {
  const folder = unpacked()
  const { LD_LIBRARY_PATH = '' } = process.env
  const env = {
    ...process.env,
    // NSS and expat, which a server usually has not got.
    LD_LIBRARY_PATH: [join(folder, 'al2023', 'lib'), LD_LIBRARY_PATH].filter(Boolean).join(delimiter),
    FONTCONFIG_FILE: join(folder, 'fonts.conf'),
  }
  return { executablePath: join(folder, 'chromium'), env }
}

/** The folder with the unpacked browser: beside the other packages, or temporary where those cannot be written. */
function unpacked(): string {
  const modules = new URL('../../node_modules/', import.meta.url).pathname
  const require = createRequire(import.meta.url)
  const manifest = join(require.resolve('@sparticuz/chromium'), '../../../package.json')
  const { version } = require(manifest) as { version: string }
  const folder = join(modules, '.cache', 'gatewright', `chromium-${version}`)
  if (isExecutable(join(folder, 'chromium'))) return folder
  const parent = isWritable(modules) ? join(modules, '.cache', 'gatewright') : tmpdir()
  mkdirSync(parent, { recursive: true })
  const fresh = mkdtempSync(join(parent, 'chromium-'))
  unpackInto(fresh)
  if (parent === tmpdir()) {
    process.once('exit', () => rmSync(fresh, { recursive: true, force: true }))
    return fresh
  }
  try {
    renameSync(fresh, folder)
  } catch {
    // Another worker was first, and what it unpacked is the same.
    rmSync(fresh, { recursive: true, force: true })
  }
  return folder
}

/** The package unpacks itself into the temporary folder and, told that it runs on Lambda, brings its libraries along. */
function unpackInto(folder: string): void {
  const script = `await (await import('@sparticuz/chromium')).default.executablePath()`
  execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: new URL('../..', import.meta.url).pathname,
    env: { ...process.env, TMPDIR: folder, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x', NODE_OPTIONS: '' },
  })
  // Its own font configuration names folders of Lambda. One font everywhere also makes screenshots comparable.
  writeFileSync(join(folder, 'fonts.conf'), '<fontconfig><dir prefix="relative">fonts</dir></fontconfig>')
  chmodSync(folder, 0o755)
  chmodSync(join(folder, 'chromium'), 0o755)
}

function isExecutable(path: string): boolean {
  return existsSync(path) && has(path, constants.X_OK)
}

function isWritable(path: string): boolean {
  return has(path, constants.W_OK)
}

function has(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}
