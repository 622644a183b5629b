import { api, path } from 'gatewright'
import { z } from 'zod'

api().get('/items/{id}', { itemId: path(z.string()) }, ({ itemId }) => itemId)
