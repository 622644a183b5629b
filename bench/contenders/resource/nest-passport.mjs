/** NestJS on Fastify with @nestjs/passport and passport-jwt; decorators are applied by hand, as this is no TypeScript. */

import 'reflect-metadata'
import {
  Controller,
  ForbiddenException,
  Get,
  HttpCode,
  Module,
  Post,
  Req,
  UnprocessableEntityException,
  UseGuards,
} from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { ExtractJwt, Strategy } from 'passport-jwt'
import { z } from 'zod'
import { algorithm, audience, issuer, keyText, ready } from '../common.mjs'

const Item = z.object({
  name: z.string().min(1).max(100),
  price: z.number().min(0),
  tags: z.array(z.string()).default([]),
})

class Jwt extends PassportStrategy(Strategy) {
  constructor() {
    const from = ExtractJwt.fromAuthHeaderAsBearerToken()
    super({ jwtFromRequest: from, secretOrKey: keyText, algorithms: [algorithm], issuer, audience })
  }
  validate(claims) {
    return { subject: claims.sub, scopes: claims.scope.split(' ') }
  }
}

class Items {
  me({ user }) {
    if (!user.scopes.includes('items:read')) throw new ForbiddenException()
    return user
  }
  create({ user, body }) {
    if (!user.scopes.includes('items:write')) throw new ForbiddenException()
    const found = Item.safeParse(body)
    if (!found.success) throw new UnprocessableEntityException()
    return { ...found.data, owner: user.subject }
  }
}

decorate(Items, 'me', [Get('me'), UseGuards(AuthGuard('jwt'))])
decorate(Items, 'create', [Post('items'), HttpCode(201), UseGuards(AuthGuard('jwt'))])
Reflect.decorate([Controller()], Items)
// oxlint-disable-next-line typescript/no-extraneous-class -- a module of NestJS is an empty class
class Application {}
Reflect.decorate([Module({ imports: [PassportModule], controllers: [Items], providers: [Jwt] })], Application)

function decorate(type, name, decorators) {
  Req()(type.prototype, name, 0)
  const descriptor = Object.getOwnPropertyDescriptor(type.prototype, name)
  Object.defineProperty(type.prototype, name, Reflect.decorate(decorators, type.prototype, name, descriptor))
}

const app = await NestFactory.create(Application, new FastifyAdapter(), { logger: false })
await app.listen(0, '127.0.0.1')
ready(app.getHttpServer().address().port)
