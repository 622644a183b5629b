import { describe, expect, test } from 'vitest'
import { nextStep } from './authorization-step.ts'
import type { Standing } from './authorization-step.ts'

const now = 1_000_000

/** Somebody who has logged in a minute ago, and agreed. */
const there: Standing = { authTime: now - 60_000, isFresh: false, isConsentNeeded: false, now }

const step = (
  prompt: Parameters<typeof nextStep>[0]['prompt'],
  standing: Partial<Standing>,
  maxAge?: number,
) =>
  nextStep({ prompt, acrValues: [], ...(maxAge === undefined ? {} : { maxAge }) }, { ...there, ...standing })

test('who is not there logs in, who has not agreed is asked, everybody else gets the code', () => {
  expect(step([], { authTime: undefined })).toBe('login')
  expect(step([], { isConsentNeeded: true })).toBe('consent')
  expect(step([], {})).toBe('issue')
})

test('SECURITY 32: with prompt=none what would be a page is an error', () => {
  expect(step(['none'], { authTime: undefined })).toBe('login_required')
  expect(step(['none'], {}, 30)).toBe('login_required')
  expect(step(['none'], { isConsentNeeded: true })).toBe('consent_required')
  expect(step(['none'], {})).toBe('issue')
})

test('SECURITY 33: prompt=login and max_age want a login that is new', () => {
  expect(step(['login'], {})).toBe('login')
  expect(step(['login'], { isFresh: true })).toBe('issue')
  expect(step([], {}, 60)).toBe('issue')
  expect(step([], {}, 59)).toBe('login')
  expect(step([], { isFresh: true }, 0)).toBe('issue')
})

describe('prompt=select_account', () => {
  test('asks whoever is there, until they have said it or logged in', () => {
    expect(step(['select_account'], {})).toBe('select_account')
    expect(step(['select_account'], { isChosen: true })).toBe('issue')
    expect(step(['select_account'], { isFresh: true })).toBe('issue')
  })

  test('asks nobody who is not there: the login page does', () => {
    expect(step(['select_account'], { authTime: undefined })).toBe('login')
    expect(step(['select_account'], { authTime: undefined, isChosen: true })).toBe('login')
  })

  test('is not enough where a login is wanted, and more than enough is a login', () => {
    for (const isChosen of [true, false]) {
      expect(step(['login', 'select_account'], { isChosen })).toBe('login')
      expect(step(['select_account'], { isChosen }, 30)).toBe('login')
    }
    expect(step(['login', 'select_account'], { isFresh: true })).toBe('issue')
    expect(step(['select_account'], { isFresh: true }, 30)).toBe('issue')
  })

  test('comes before the consent', () => {
    expect(step(['select_account', 'consent'], { isConsentNeeded: true })).toBe('select_account')
    expect(step(['select_account', 'consent'], { isConsentNeeded: true, isChosen: true })).toBe('consent')
  })
})
