"""The connector against a store that is a dictionary, held to the grants of `plugins.toml`."""

import tomllib
import unittest

from . import ROOT
from .fake import GRANT, Handle, Store

from componentize_py_types import Err
from wit_world.imports import types
from wit_world.imports.types import Field, IfExists, Outcome, SecretField

import app

TARGET = types.Target(None, [], False)
DRY = types.Target(None, [], True)


def draft(name="sales"):
    secret = SecretField("key", Handle('a "canary"'))
    return types.Draft(name, "s3", [Field("bucket", "b")], [secret], None, None, [])


def change(**changes):
    keep = types.TextChange_Keep()
    nothing = dict(fields=[], secrets=[], remove=[], display_name=keep, description=keep, labels=[], remove_labels=[], tested=None)
    return types.Patch(**nothing | changes)


class ConnectorTest(unittest.TestCase):
    def setUp(self):
        self.store = self.enterContext(Store())
        self.backend = app.Backend()

    def create(self, name="sales", if_exists=IfExists.FAIL, target=TARGET):
        return self.backend.create(target, draft(name), if_exists)

    def assert_fails(self, kind, call, *arguments):
        with self.assertRaises(Err) as caught:
            call(*arguments)
        self.assertIsInstance(caught.exception.value, kind)

    def test_a_connection_is_created_once(self):
        made = self.create().connection
        self.assertEqual((made.name, made.fields, made.secret_names), ("sales", [Field("bucket", "b")], ["key"]))
        self.assertNotIn("canary", repr(made))
        self.assertEqual(self.store.items["sales"]["secrets"], {"key": 'a "canary"'})
        self.assert_fails(types.Error_AlreadyExists, self.create)

    def test_what_is_there_is_kept_or_replaced(self):
        for outcomes, target in (((Outcome.CREATED, Outcome.CREATED), DRY), ((Outcome.CREATED, Outcome.REPLACED), TARGET)):
            made = [self.create("sales", IfExists.REPLACE, target).outcome for _ in outcomes]
            self.assertEqual(tuple(made), outcomes)
        for target in DRY, TARGET:
            kept = self.create("sales", IfExists.KEEP, target)
            self.assertEqual((kept.outcome, kept.differences), (Outcome.KEPT, ["key"]))
        self.assert_fails(types.Error_AlreadyExists, self.create, "sales", IfExists.FAIL, DRY)
        self.assert_fails(types.Error_Invalid, self.create, "a/b")

    def test_a_dry_run_writes_nothing(self):
        self.create()
        before = repr(self.store.items)
        changed = self.backend.update(DRY, "sales", change(remove=["key"]), "1").connection
        self.assertEqual(changed.secret_names, [])
        self.backend.delete(DRY, "sales", "1")
        self.assert_fails(types.Error_Conflict, self.backend.delete, DRY, "sales", "2")
        self.assertEqual(repr(self.store.items), before)

    def test_it_is_found_opened_and_deleted(self):
        self.create()
        self.assertEqual(self.backend.get(TARGET, "sales").name, "sales")
        opened = self.backend.open(TARGET, "sales", [])
        self.assertEqual([(field.name, field.value.test_value) for field in opened], [("key", 'a "canary"')])
        self.assert_fails(types.Error_Invalid, self.backend.open, TARGET, "sales", ["other"])
        removed = self.backend.delete(TARGET, "sales", None)
        self.assertEqual([one.name for one in removed], ["sales"])
        self.assert_fails(types.Error_NotFound, self.backend.get, TARGET, "sales")

    def test_pages_follow_one_another(self):
        for name in "cab":
            self.create(name)
        everything = types.Filter(False, [], [], False)
        first = self.backend.list_connections(TARGET, everything, types.PageRequest(None, 2))
        rest = self.backend.list_connections(TARGET, everything, types.PageRequest(first.cursor, 2))
        self.assertEqual([item.name for item in first.items + rest.items], ["a", "b", "c"])
        self.assertIsNone(rest.cursor)

    def test_what_a_change_does_not_name_stays(self):
        self.create()
        patch = change(fields=[Field("region", "eu")], remove=["bucket"])
        changed = self.backend.update(TARGET, "sales", patch, "1").connection
        self.assertEqual((changed.fields, changed.secret_names), ([Field("region", "eu")], ["key"]))
        self.assert_fails(types.Error_Conflict, self.backend.update, TARGET, "sales", patch, "1")
        self.assert_fails(types.Error_Conflict, self.backend.update, TARGET, "sales", patch, "first")

    def test_what_the_store_cannot_keep_is_refused(self):
        labels = [types.Label("team", "a")]
        self.create()
        self.assert_fails(types.Error_Unsupported, self.backend.update, TARGET, "sales", change(labels=labels), None)

    def test_the_login_is_checked(self):
        self.assertEqual(self.backend.check(TARGET).user, "ann")


class ProjectTest(unittest.TestCase):
    def test_the_version_is_one_and_the_grants_are_what_is_declared(self):
        needs = tomllib.loads((ROOT / "needs.toml").read_text())
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        self.assertEqual({needs["version"], project["version"]}, {app.VERSION})
        (declared,) = needs["endpoint"]
        for key in "allow", "secrets-in", "mask", "mask-encoding", "visible":
            self.assertEqual(declared.get(key), GRANT.get(key), key)
