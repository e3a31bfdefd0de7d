"""Keeps connections in the example store: an HTTP service with a list of items.

Replace the requests and answers by those of your store. The login is not here: the host adds it.
"""

from componentize_py_types import Err
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
        with connhub.expecting("a user"):
            return types.Report(who["user"], f"example store {who['version']}", [login])

    def create(self, target, draft, if_exists):
        refuse_extras(draft.display_name, draft.description, draft.labels)
        if target.dry_run:
            return try_to_create(draft, if_exists)
        if if_exists == IfExists.REPLACE:
            answer = call("PUT", item_path(draft.name), draft.name, body=as_item(draft))
            return written(Outcome.CREATED if answer.status == 201 else Outcome.REPLACED, answer.json())
        try:
            # The store refuses a name that is taken: never look first, somebody may be quicker.
            return written(Outcome.CREATED, call("POST", "/items", draft.name, body=as_item(draft)).json())
        except Err as refused:
            if if_exists == IfExists.KEEP and isinstance(refused.value, types.Error_AlreadyExists):
                return kept(draft, self.get(target, draft.name))
            raise

    def list_connections(self, target, filter, page):
        query = {"limit": str(page.limit)}
        if page.cursor is not None:
            query["after"] = page.cursor
        answer = call("GET", "/items", query=query).json()
        with connhub.expecting("a page of items"):
            return types.Page([connection(item) for item in answer["items"]], answer["next"])

    def get(self, target, name):
        return connection(call("GET", item_path(name), name).json())

    def open(self, target, name, fields):
        answer = call("GET", item_path(name), name, with_handles=True)
        # Something that is no item must not look like one without secrets.
        connection(answer.json())
        return connhub.select(answer.secrets_below("/secrets"), name, fields)

    def update(self, target, name, patch, expected):
        texts = [text for text in (patch.display_name, patch.description) if text != types.TextChange_Keep()]
        refuse_extras(*texts, patch.labels, patch.remove_labels, patch.tested)
        removed = dict.fromkeys(patch.remove)
        body = {"fields": removed | values(patch.fields), "secrets": removed | values(patch.secrets)}
        if expected is not None:
            body["revision"] = revision(expected)
        if target.dry_run:
            return written(Outcome.UPDATED, merged(call("GET", item_path(name), name).json(), body))
        return written(Outcome.UPDATED, call("PATCH", item_path(name), name, body=body).json())

    def delete(self, target, name, expected):
        query = {} if expected is None else {"revision": str(revision(expected))}
        if target.dry_run:
            merged(call("GET", item_path(name), name).json(), query)
        elif call("DELETE", item_path(name), name, query=query).status != 204:
            raise connhub.unavailable("the store did not say that it deleted the item")
        return [types.Removed("item", name, None)]


def try_to_create(draft, if_exists):
    """What `create` would do now."""
    drafted = connection(as_item(draft) | {"revision": 1})
    try:
        there = connection(call("GET", item_path(draft.name), draft.name).json())
    except Err as refused:
        if isinstance(refused.value, types.Error_NotFound):
            return types.Written(Outcome.CREATED, drafted, [], [])
        raise
    match if_exists:
        case IfExists.FAIL:
            raise connhub.already_exists(f"the store has an item `{draft.name}`")
        case IfExists.KEEP:
            return kept(draft, there)
        case IfExists.REPLACE:
            return types.Written(Outcome.REPLACED, drafted, [], [])


def kept(draft, there):
    """The item stays as it is. Nobody can compare secrets here: they count as different."""
    now, wanted = values(there.fields), values(draft.fields)
    differing = [name for name in now | wanted if now.get(name) != wanted.get(name)]
    secrets = {field.name for field in draft.secrets} | set(there.secret_names)
    return types.Written(Outcome.KEPT, there, sorted(differing) + sorted(secrets), [])


def merged(item, change):
    """The item as the store would make it of a change."""
    if int(change.get("revision", item["revision"])) != item["revision"]:
        raise connhub.conflict(f"the item `{item['name']}` was changed meanwhile")
    for part in "fields", "secrets":
        both = item[part] | change.get(part, {})
        item[part] = {name: value for name, value in both.items() if value is not None}
    return item


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
        case 422:
            raise connhub.invalid("name", "must be letters, digits, `-`, `_` and `.`")
        case status:
            raise connhub.unavailable(f"the store answered with status {status}")


def item_path(name):
    return connhub.path("items", name)


def as_item(draft):
    """A secret is a value like any other; the host writes it in its place."""
    return {"name": draft.name, "type": draft.type, "fields": values(draft.fields), "secrets": values(draft.secrets)}


def values(fields):
    return {field.name: field.value for field in fields}


def written(outcome, item):
    return types.Written(outcome, connection(item), [], [])


def connection(item):
    """Values of secrets are `***` in an item, as the grant says."""
    with connhub.expecting("an item"):
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
