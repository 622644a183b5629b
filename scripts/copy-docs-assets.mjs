/**
 * Copies the few files of Swagger UI that the docs page serves into `assets/`, so that users of the package
 * get neither its other ten megabytes nor its install script. Runs at `npm ci` and before packing.
 */

import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const from = fileURLToPath(new URL('../node_modules/swagger-ui-dist/', import.meta.url))
const to = fileURLToPath(new URL('../assets/swagger-ui/', import.meta.url))
const files = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png', 'LICENSE', 'NOTICE']

// In an installed package the files are there already and the development dependency is not.
if (existsSync(from)) {
  mkdirSync(to, { recursive: true })
  for (const file of files) cpSync(from + file, to + file)
}
