"""What a connector needs beside the bindings: requests with secrets in them, errors, records with defaults."""

import contextlib
import json
from dataclasses import dataclass
from urllib.parse import quote

from componentize_py_types import Err
from wit_world.imports import http, types
from wit_world.imports.secrets import Secret


class Endpoint:
    """An endpoint that `needs.toml` declares. The host knows where it is and how to log in."""

    def __init__(self, name):
        self.name = name

    def send(self, method, path, *, query=None, body=None, with_handles=False):
        """Sends a request and returns the answer, whatever its status.

        `body` is sent as JSON; a handle of a secret may stand in it wherever a string may. With `with_handles` the masked values of the
        answer come as handles. Raises an error of the contract if there is no answer.
        """
        content = [http.Header("content-type", "application/json")]
        request = http.Request(
            method=method,
            path=path,
            query=[http.Parameter(name, value) for name, value in (query or {}).items()],
            headers=[] if body is None else content,
            body=[] if body is None else parts(body),
            masked=http.MaskedValues.HANDLES if with_handles else http.MaskedValues.HIDE,
            omit=[],
        )
        try:
            answer = http.send(self.name, request)
        except Err as error:
            raise Err(_as_operation_error(error.value)) from None
        return Answer(answer.status, answer.body, {masked.pointer: masked.value for masked in answer.secrets})


@dataclass
class Answer:
    """The answer to a request. `secrets` holds the handles of its masked values by JSON pointer."""

    status: int
    body: bytes
    secrets: dict

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            raise unavailable("the answer is not JSON") from None

    def secrets_below(self, pointer):
        """The secret fields of the object at a pointer."""
        prefix = pointer + "/"
        named = ((place.removeprefix(prefix), value) for place, value in self.secrets.items() if place.startswith(prefix))
        return [types.SecretField(name.replace("~1", "/").replace("~0", "~"), value) for name, value in named]


def parts(value):
    """A value as the pieces of a JSON text. The host writes secrets between them, as strings of JSON."""
    pieces = []
    _collect(value, pieces)
    joined = []
    for piece in pieces:
        if isinstance(piece, Secret):
            joined.append(http.Part_Secret(http.PlacedSecret(piece, http.Encoding.JSON_STRING)))
        elif joined and isinstance(joined[-1], http.Part_Bytes):
            joined[-1].value += piece.encode()
        else:
            joined.append(http.Part_Bytes(piece.encode()))
    return joined


def _collect(value, pieces):
    if isinstance(value, Secret):
        pieces.append(value)
    elif isinstance(value, dict):
        _collect_all("{", ((json.dumps(key) + ":", one) for key, one in value.items()), "}", pieces)
    elif isinstance(value, (list, tuple)):
        _collect_all("[", (("", one) for one in value), "]", pieces)
    else:
        pieces.append(json.dumps(value))


def _collect_all(opening, members, closing, pieces):
    pieces.append(opening)
    for number, (before, value) in enumerate(members):
        pieces.append(("," if number else "") + before)
        _collect(value, pieces)
    pieces.append(closing)


def path(*segments):
    """An absolute path, each segment percent-encoded."""
    return "".join("/" + quote(segment, safe="") for segment in segments)


def description(name, version, summary, *, types_=(), any_type=False, operations=(), scope=None, settings=()):
    """What `describe` returns."""
    return types.Description(name, version, summary, list(types_), any_type, list(operations), scope, list(settings))


def connection(name, type_, *, fields=None, secret_names=(), revision=None):
    """A connection of which the backend keeps no more than this."""
    nothing = dict.fromkeys(
        ("scope", "display_name", "description", "owner", "address", "status", "status_message", "created_at", "updated_at", "tested")
    )
    return types.Connection(
        name=name,
        type=type_,
        fields=[types.Field(name, value) for name, value in (fields or {}).items()],
        secret_names=list(secret_names),
        labels=[],
        revision=revision,
        warnings=[],
        **nothing,
    )


def select(secrets, name, fields):
    """The secret fields of these names, or all if none is named."""
    by_name = {secret.name: secret for secret in secrets}
    unknown = [field for field in fields if field not in by_name]
    if unknown:
        raise invalid(unknown[0], f"`{name}` has no secret field of this name")
    return [by_name[field] for field in fields] if fields else list(secrets)


def invalid(field, message):
    return Err(types.Error_Invalid([types.Problem(field, message)]))


def no_connection(name):
    return Err(types.Error_NotFound(types.Missing_Connection(name)))


def already_exists(message):
    return Err(types.Error_AlreadyExists(message))


def conflict(message):
    return Err(types.Error_Conflict(message))


def forbidden(message):
    return Err(types.Error_Forbidden(message))


def unauthenticated(message):
    return Err(types.Error_Unauthenticated(message))


@contextlib.contextmanager
def expecting(what):
    """Turns an answer of another shape into an error that a user understands."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError):
        raise unavailable(f"the answer is not {what}") from None


def unavailable(message):
    return Err(types.Error_Unavailable(types.Unavailability(message, None)))


def unsupported(message):
    return Err(types.Error_Unsupported(message))


def _as_operation_error(error):
    match error:
        case http.Error_Denied(message) | http.Error_TooLarge(message):
            return types.Error_Denied(message)
        case http.Error_Unauthenticated(message):
            return types.Error_Unauthenticated(message)
        case http.Error_Other(message):
            return types.Error_Other(message)
        case _:
            return types.Error_Unavailable(types.Unavailability(error.value, None))
