import { openIdConnect } from 'gatewright'

openIdConnect({ issuer: 'https://id.example.com', scopes: { me: 'See your profile' } })
