import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Html, escapeHtml, html, jsonForScript, raw } from './html.ts'

test('SECURITY 258: every value is escaped, in text and in attributes', () => {
  const name = `"><script>alert('x')</script>&`
  expect(html`<p title="${name}">${name}</p>`.toString()).toBe(
    '<p title="&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;">' +
      '&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;</p>',
  )
})

test('SECURITY 258: no text opens a tag or leaves an attribute', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', 'a', '\0', '\u2028', ';') }),
      (text) => {
        const escaped = escapeHtml(text)
        expect(escaped).not.toMatch(/[<>"']/)
        expect(escaped.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, '')).not.toContain('&')
      },
    ),
  )
})

test('markup inside of markup stays markup, in lists as well', () => {
  const items = ['a', '<b>'].map((item) => html`<i>${item}</i>`)
  expect(html`<p>${items}</p>`.toString()).toBe('<p><i>a</i><i>&lt;b&gt;</i></p>')
})

test('nothing shows as nothing, and zero as zero', () => {
  expect(html`${undefined}${null}${false}${true}${0}${''}${1n}`.toString()).toBe('01')
})

test('an object that looks like markup is not', () => {
  const fake = JSON.parse('{"markup":"<script>"}') as never
  expect(() => html`${fake}`.toString()).toThrow(TypeError)
  expect(html`${raw('<hr>')}`.toString()).toBe('<hr>')
  expect(Html.raw('<hr>')).toBeInstanceOf(Html)
})

test('SECURITY 258: JSON in a script cannot end it, and stays the same JSON', () => {
  const value = { a: '</script><!--<script>&\u2028\u2029' }
  const text = jsonForScript(value).toString()
  expect(text).not.toMatch(/[<>&\u2028\u2029]/)
  expect(JSON.parse(text)).toEqual(value)
  expect(jsonForScript(undefined).toString()).toBe('null')
})
