import { passwordBearer } from 'gatewright'

passwordBearer({ tokenUrl: 'token' })
