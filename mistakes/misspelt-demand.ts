import { openIdConnect, stepUp } from 'gatewright'

const auth = openIdConnect({ issuer: 'https://id.example.com', audience: 'https://api.example.com' })
stepUp(auth, { max_age: 300 })
