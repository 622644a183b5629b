/** The page: what is shown to whom, and what its buttons do. */

import { call, finishSignIn, signIn, signOut } from './session.js'

const part = (id) => document.getElementById(id)

const onClick = (id, work) => part(id).addEventListener('click', () => void shown(work))

onClick('sign-in', signIn)
onClick('load', load)
onClick('sign-out', async () => {
  await signOut()
  show(false, 'You are signed out.')
})
await shown(async () => ((await finishSignIn()) ? load() : show(false)))

async function load() {
  const answer = await call('/notes')
  if (!answer.ok) throw new Error(`The notes cannot be had: ${answer.status}`)
  const notes = await answer.json()
  const items = notes.map(({ title }) => Object.assign(document.createElement('li'), { textContent: title }))
  part('notes').replaceChildren(...items)
  show(true, `Notes of ${notes[0]?.owner}`)
}

/** Does something; whatever goes wrong is a sentence on the page. */
async function shown(work) {
  try {
    await work()
  } catch (error) {
    show(false, error.message)
  }
}

function show(isSignedIn, message = '') {
  part('signed-in').hidden = !isSignedIn
  part('signed-out').hidden = isSignedIn
  part('message').textContent = message
}
