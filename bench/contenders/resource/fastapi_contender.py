"""FastAPI with uvicorn and PyJWT, as its tutorial has it."""

import json
import os
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException, Security
from fastapi.security import OAuth2PasswordBearer, SecurityScopes
from pydantic import BaseModel, ConfigDict, Field

key = json.loads(os.environ["KEY"])
algorithm = os.environ["ALGORITHM"]
if algorithm == "HS256":
    secret = jwt.utils.base64url_decode(key["k"])
else:
    secret = jwt.PyJWK(key).key.public_key()

app = FastAPI()
scheme = OAuth2PasswordBearer(tokenUrl="token", scopes={"items:read": "Read", "items:write": "Write"})


def current(security_scopes: SecurityScopes, token: Annotated[str, Depends(scheme)]):
    challenge = {"WWW-Authenticate": f'Bearer scope="{security_scopes.scope_str}"'}
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=[algorithm],
            issuer=os.environ["ISSUER"],
            audience=os.environ["AUDIENCE"],
        )
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, "Not authenticated", challenge) from error
    scopes = claims["scope"].split(" ")
    if any(scope not in scopes for scope in security_scopes.scopes):
        raise HTTPException(403, "Not enough permissions", challenge)
    return {"subject": claims["sub"], "scopes": scopes}


class Item(BaseModel):
    # Its own default takes "12" for a price; the contract says that this is refused.
    model_config = ConfigDict(strict=True)
    name: str = Field(min_length=1, max_length=100)
    price: float = Field(ge=0)
    tags: list[str] = []


@app.get("/me")
async def me(user: Annotated[dict, Security(current, scopes=["items:read"])]):
    return user


@app.post("/items", status_code=201)
async def create(item: Item, user: Annotated[dict, Security(current, scopes=["items:write"])]):
    return {**item.model_dump(), "owner": user["subject"]}
