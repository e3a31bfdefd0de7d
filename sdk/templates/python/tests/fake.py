"""A host that is a function, and a store that is a dictionary. The grants of `plugins.toml` count as they do in the sandbox."""

import json
import tomllib
from unittest import mock

from componentize_py_types import Err
from wit_world.imports import http, secrets

from . import ROOT

PLUGINS = tomllib.loads((ROOT / "plugins.toml").read_text())
GRANT = PLUGINS["connectors"]["example-store"]["endpoints"]["api"]


class Handle(secrets.Secret):
    """A secret whose value a test knows and a connector cannot read."""

    def __init__(self, value):
        self.test_value = value

    def length(self):
        return len(self.test_value.encode())

    def reveal(self):
        raise Err(secrets.Denied("`reveal` is not granted"))


class Store:
    """The store, and what it was asked."""

    def __init__(self):
        self.items = {}
        self.asked = []

    def __enter__(self):
        self._patch = mock.patch.object(http, "send", self._send)
        self._patch.start()
        return self

    def __exit__(self, *_):
        self._patch.stop()

    def _send(self, endpoint, request):
        assert endpoint == "api"
        line = f"{request.method} {request.path}"
        if not any(_fits(rule, line) for rule in GRANT["allow"]):
            raise Err(http.Error_Denied(f"no rule of `allow` covers `{line}`"))
        body = b"".join(_written(part) for part in request.body)
        self.asked.append((line, body))
        query = {parameter.name: parameter.value for parameter in request.query}
        status, answer = self._answer(request.method, request.path.split("/")[1:], query, json.loads(body or "null"))
        handles = []
        _mask(answer, "", handles)
        wanted = request.masked == http.MaskedValues.HANDLES
        return http.Response(status, [], json.dumps(answer).encode(), handles if wanted else [])

    def _answer(self, method, path, query, body):
        match method, path:
            case "GET", ["me"]:
                return 200, {"user": "ann", "version": "1"}
            case "GET", ["items"]:
                names = sorted(name for name in self.items if name > query.get("after", ""))
                limit = int(query["limit"])
                following = names[limit - 1] if len(names) > limit else None
                return 200, {"items": [_copy(self.items[name]) for name in names[:limit]], "next": following}
            case "POST" | "PUT", _ if not body["name"].replace("-", "").isalnum():
                return 422, {}
            case "PUT", ["items", name]:
                status = 200 if name in self.items else 201
                self.items[name] = body | {"revision": 1}
                return status, _copy(self.items[name])
            case "POST", ["items"] if body["name"] in self.items:
                return 409, {}
            case "POST", ["items"]:
                self.items[body["name"]] = body | {"revision": 1}
                return 201, _copy(self.items[body["name"]])
            case _, ["items", name] if name not in self.items:
                return 404, {}
            case "GET", ["items", name]:
                return 200, _copy(self.items[name])
            case "PATCH", ["items", name]:
                return self._change(self.items[name], body)
            case "DELETE", ["items", name]:
                del self.items[name]
                return 204, None

    def _change(self, item, body):
        if body.get("revision", item["revision"]) != item["revision"]:
            return 412, {}
        for part in "fields", "secrets":
            merged = item[part] | body[part]
            item[part] = {name: value for name, value in merged.items() if value is not None}
        item["revision"] += 1
        return 200, _copy(item)


def _copy(item):
    return json.loads(json.dumps(item))


def _fits(rule, line):
    """One `*` in a rule is one segment of the path."""
    rule, line = rule.split("/"), line.split("/")
    return len(rule) == len(line) and all(one in ("*", other) for one, other in zip(rule, line))


def _written(part):
    if isinstance(part, http.Part_Bytes):
        return part.value
    assert part.value.encoding == http.Encoding.JSON_STRING
    return json.dumps(part.value.value.test_value).encode()


def _mask(value, pointer, handles):
    """Replaces what the grant masks, and collects the handles."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in list(children):
        place = f"{pointer}/{key}"
        if any(_fits(mask, place) for mask in GRANT["mask"]):
            handles.append(http.MaskedValue(place, Handle(child)))
            value[key] = "***"
        else:
            _mask(child, place, handles)
