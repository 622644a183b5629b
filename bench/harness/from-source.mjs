/** Loaded into a contender: `gatewright` is its source here, so that nothing has to be built or installed before. */

import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

const root = new URL('../../', import.meta.url)
const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))

registerHooks({
  resolve(specifier, context, next) {
    const [, subpath] = /^gatewright(\/.+)?$/.exec(specifier) ?? []
    const target = /^gatewright(\/|$)/.test(specifier) ? exports[`.${subpath ?? ''}`] : undefined
    return next(target === undefined ? specifier : new URL(target['gatewright-source'], root).href, context)
  },
})
