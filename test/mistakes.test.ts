/**
 * What the compiler says about common mistakes is part of the API: one mistake a file in `mistakes/`, and its words in
 * `messages.txt`. `vitest run test/mistakes.test.ts -u` writes them anew.
 */

import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'mistakes')

/** What the compiler says, a paragraph a mistake. */
function messages(): string {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], {
    encoding: 'utf8',
    cwd: folder,
  })
  return (
    stdout
      .trim()
      .replace(/^(?=\S)/gm, '\n')
      .trimStart() + '\n'
  )
}

test('the compiler says about each mistake what is written in messages.txt, and nothing else', async () => {
  const said = messages()
  await expect(said).toMatchFileSnapshot(join(folder, 'messages.txt'))
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'))
  const paragraphs = said.trim().split('\n\n')
  expect(paragraphs.map((paragraph) => paragraph.split('(')[0]).toSorted()).toEqual(files.toSorted())
})
