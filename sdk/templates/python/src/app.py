"""Keeps connections in the example store: an HTTP service with a list of items.

Replace the requests and answers by those of your store. The login is not here: the host adds it.
"""

from wit_world import exports
from wit_world.imports import types
from wit_world.imports.types import IfExists, Operation, Outcome

import connhub

VERSION = "0.1.0"

# The endpoint's name in `needs.toml`.
API = connhub.Endpoint("api")


class Backend(exports.Backend):
    """The connector. Each call runs in a fresh instance: nothing that is kept here is there in the next one."""

    def describe(self):
        return connhub.description(
            name="example-store",
            version=VERSION,
            summary="keeps connections in the example store",
            any_type=True,
            operations=list(Operation),
        )

    def check(self, target):
        who = call("GET", "/me").json()
        login = types.Finding("login", types.Verdict.GOOD, "the store accepts the login")
        return types.Report(who["user"], f"example store {who['version']}", [login])

    def create(self, target, draft, if_exists):
        if if_exists != IfExists.FAIL or target.dry_run:
            raise connhub.unsupported("this connector can only create what is not there")
        refuse_extras(draft.display_name, draft.description, draft.labels)
        item = {
            "name": draft.name,
            "type": draft.type,
            "fields": {field.name: field.value for field in draft.fields},
            # A secret is a value like any other; the host writes it in its place.
            "secrets": {field.name: field.value for field in draft.secrets},
        }
        # The store refuses a name that is taken: never look first, somebody may be quicker.
        made = call("POST", "/items", draft.name, body=item).json()
        return types.Written(Outcome.CREATED, connection(made), [], [])

    def list_connections(self, target, filter, page):
        query = {"limit": str(page.limit)}
        if page.cursor is not None:
            query["after"] = page.cursor
        answer = call("GET", "/items", query=query).json()
        return types.Page([connection(item) for item in answer["items"]], answer["next"])

    def get(self, target, name):
        return connection(call("GET", item_path(name), name).json())

    def open(self, target, name, fields):
        secrets = call("GET", item_path(name), name, with_handles=True).secrets_below("/secrets")
        return connhub.select(secrets, name, fields)

    def update(self, target, name, patch, expected):
        changed = [change for change in (patch.display_name, patch.description) if change != types.TextChange_Keep()]
        refuse_extras(*changed, patch.labels, patch.remove_labels, patch.tested)
        if target.dry_run:
            raise connhub.unsupported("the store cannot try a change without making it")
        removed = dict.fromkeys(patch.remove)
        body = {
            "fields": removed | {field.name: field.value for field in patch.fields},
            "secrets": removed | {field.name: field.value for field in patch.secrets},
        }
        if expected is not None:
            body["revision"] = revision(expected)
        item = call("PATCH", item_path(name), name, body=body).json()
        return types.Written(Outcome.UPDATED, connection(item), [], [])

    def delete(self, target, name, expected):
        query = {} if expected is None else {"revision": str(revision(expected))}
        if target.dry_run:
            call("GET", item_path(name), name)
        else:
            call("DELETE", item_path(name), name, query=query)
        return [types.Removed("item", name, None)]


def call(method, path, name="", **rest):
    """Sends a request about an item; an answer that is no success becomes the error that a user can act on."""
    answer = API.send(method, path, **rest)
    if 200 <= answer.status < 300:
        return answer
    match answer.status:
        case 401:
            raise connhub.unauthenticated("the store does not accept the login")
        case 403:
            raise connhub.forbidden("the store does not allow this login to do that")
        case 404:
            raise connhub.no_connection(name)
        case 409:
            raise connhub.already_exists(f"the store has an item `{name}`")
        case 412:
            raise connhub.conflict(f"the item `{name}` was changed meanwhile")
        case status:
            raise connhub.unavailable(f"the store answered with status {status}")


def item_path(name):
    return connhub.path("items", name)


def connection(item):
    """Values of secrets are `***` in an item, as the grant says."""
    return connhub.connection(
        item["name"],
        item["type"],
        fields=item["fields"],
        secret_names=list(item["secrets"]),
        revision=str(item["revision"]),
    )


def revision(text):
    if not text.isdecimal():
        raise connhub.conflict(f"`{text}` is no revision of this store")
    return int(text)


def refuse_extras(*values):
    """What the store has no place for is refused, not lost."""
    if any(values):
        raise connhub.unsupported("the store keeps no labels, descriptions and results of tests")
