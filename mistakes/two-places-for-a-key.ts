import { apiKey } from 'gatewright'

apiKey({ header: 'x-api-key', query: 'key', verify: (key) => key })
