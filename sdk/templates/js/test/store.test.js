// The connector against a store that is a function, held to the grants of `plugins.toml`.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { backendOf, jsonParts, path, placed } from '../src/connhub.js';
import * as store from '../src/store.js';
import { FakeSecret, fakeHost, toml } from './fake-host.js';

const TARGET = { scope: undefined, settings: [], dryRun: false };
const KEEP = { tag: 'keep' };
const PATCH = {
  fields: [],
  secrets: [],
  remove: [],
  displayName: KEEP,
  description: KEEP,
  labels: [],
  removeLabels: [],
  tested: undefined,
};
const FIRST = { cursor: undefined, limit: 100 };

/** An empty store, its connector, and what it holds. */
function start() {
  const items = new Map();
  const host = fakeHost('example-store', (request) => answer(items, request));
  return { backend: backendOf(store, host), items, host };
}

function answer(items, { method, path, query, body }) {
  const name = decodeURIComponent(path.split('/')[2] ?? '');
  const item = items.get(name);
  if (path === '/me') return { status: 200, body: { user: 'ann', version: '1' } };
  if (path === '/items' && method === 'GET') return { status: 200, body: list(items, query) };
  if (path === '/items') return add(items, body);
  if (item === undefined) return { status: 404, body: {} };
  const asked = body?.revision ?? query.get('revision');
  if (asked != null && Number(asked) !== item.revision) return { status: 412, body: {} };
  if (method === 'DELETE') return { status: items.delete(name) ? 204 : 404 };
  if (method === 'PATCH') change(item, body);
  return { status: 200, body: item };
}

function list(items, query) {
  const after = [...items.values()].filter(({ name }) => name > (query.get('after') ?? ''));
  const page = after.slice(0, Number(query.get('limit')));
  return { items: page, next: page.length < after.length ? page.at(-1).name : null };
}

function add(items, body) {
  if (items.has(body.name)) return { status: 409, body: {} };
  const item = { ...body, revision: 1 };
  items.set(body.name, item);
  return { status: 201, body: item };
}

function change(item, { fields, secrets }) {
  Object.assign(item.fields, fields);
  Object.assign(item.secrets, secrets);
  for (const values of [item.fields, item.secrets]) {
    for (const name of Object.keys(values)) if (values[name] === null) delete values[name];
  }
  item.revision += 1;
}

function create(backend, name = 'sales', ifExists = 'fail', bucket = 'b') {
  const draft = {
    name,
    type: 's3',
    fields: [{ name: 'bucket', value: bucket }],
    secrets: [{ name: 'key', value: new FakeSecret('can"ary') }],
    displayName: undefined,
    description: undefined,
    labels: [],
  };
  return backend.create(TARGET, draft, ifExists);
}

const fails = (operation, tag) => assert.throws(operation, (error) => error.payload?.tag === tag);

test('the grants and versions are what the component declares', () => {
  const needs = toml('needs.toml');
  const { endpoints } = toml('plugins.toml').connectors['example-store'];
  assert.deepEqual(Object.keys(endpoints), needs.endpoint.map(({ name }) => name));
  for (const { name, ...declared } of needs.endpoint) {
    for (const key of ['allow', 'secrets-in', 'mask', 'mask-encoding', 'visible']) {
      assert.deepEqual(endpoints[name][key], declared[key], `${key} of ${name}`);
    }
  }
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  assert.equal(store.describe().version, needs.version);
  assert.equal(version, needs.version);
});

test('a connection is created once', () => {
  const { backend, items } = start();
  const { outcome, connection } = create(backend);
  assert.equal(outcome, 'created');
  assert.deepEqual(connection.fields, [{ name: 'bucket', value: 'b' }]);
  assert.deepEqual(connection.secretNames, ['key']);
  assert.equal(items.get('sales').secrets.key, 'can"ary');
  fails(() => create(backend), 'already-exists');
  fails(() => create(backend, 'a/b'), 'invalid');
});

test('what is there is kept or replaced as asked', () => {
  const { backend, items } = start();
  assert.equal(create(backend, 'sales', 'keep').outcome, 'created');
  items.get('sales').fields.more = 'x';
  const { outcome, differences } = create(backend, 'sales', 'keep', 'other');
  assert.equal(outcome, 'kept');
  assert.deepEqual(differences, ['bucket', 'key', 'more']);
  assert.equal(items.get('sales').fields.bucket, 'b');
  assert.equal(create(backend, 'sales', 'replace', 'other').outcome, 'replaced');
  assert.deepEqual(items.get('sales').fields, { bucket: 'other' });
});

test('secrets are read as handles, and only when asked for', () => {
  const { backend } = start();
  create(backend);
  assert.ok(!JSON.stringify(backend.get(TARGET, 'sales')).includes('ary'));
  const [secret, ...others] = backend.open(TARGET, 'sales', []);
  assert.equal(secret.name, 'key');
  assert.equal(FakeSecret.valueOf(secret.value), 'can"ary');
  assert.deepEqual(others, []);
  fails(() => backend.open(TARGET, 'sales', ['other']), 'invalid');
});

test('pages follow one another', () => {
  const { backend } = start();
  for (const name of ['a', 'b', 'c']) create(backend, name);
  const first = backend.listConnections(TARGET, {}, { cursor: undefined, limit: 2 });
  assert.deepEqual(first.items.map(({ name }) => name), ['a', 'b']);
  const second = backend.listConnections(TARGET, {}, { cursor: first.cursor, limit: 2 });
  assert.deepEqual(second.items.map(({ name }) => name), ['c']);
  assert.equal(second.cursor, undefined);
  assert.equal(start().backend.listConnections(TARGET, {}, FIRST).items.length, 0);
});

test('a change leaves what it does not name, and minds the revision', () => {
  const { backend, items } = start();
  const { revision } = create(backend).connection;
  const secrets = [{ name: 'token', value: new FakeSecret('new') }];
  const patch = { ...PATCH, fields: [{ name: 'region', value: 'eu' }], secrets, remove: ['bucket'] };
  const { connection } = backend.update(TARGET, 'sales', patch, revision);
  assert.deepEqual(connection.fields, [{ name: 'region', value: 'eu' }]);
  assert.deepEqual(items.get('sales').secrets, { key: 'can"ary', token: 'new' });
  fails(() => backend.update(TARGET, 'sales', patch, revision), 'conflict');
  fails(() => backend.update(TARGET, 'sales', patch, 'no number'), 'conflict');
  fails(() => backend.update(TARGET, 'other', patch, undefined), 'not-found');
});

test('what is deleted is gone', () => {
  const { backend, items } = start();
  create(backend);
  backend.delete({ ...TARGET, dryRun: true }, 'sales', undefined);
  assert.ok(items.has('sales'));
  fails(() => backend.delete(TARGET, 'sales', '7'), 'conflict');
  assert.deepEqual(backend.delete(TARGET, 'sales', '1'), [{ kind: 'item', name: 'sales', scope: undefined }]);
  fails(() => backend.delete(TARGET, 'sales', undefined), 'not-found');
  fails(() => backend.delete({ ...TARGET, dryRun: true }, 'sales', undefined), 'not-found');
});

test('the store says who is calling', () => {
  const { user, findings } = start().backend.check(TARGET);
  assert.equal(user, 'ann');
  assert.deepEqual(findings.map(({ verdict }) => verdict), ['good']);
  const refusing = backendOf(store, fakeHost('example-store', () => ({ status: 401, body: {} })));
  assert.equal(refusing.check(TARGET).findings[0].verdict, 'bad');
  fails(() => refusing.get(TARGET, 'sales'), 'unauthenticated');
});

test('a fault of the connector or its store is an error in words', () => {
  const broken = backendOf(store, fakeHost('example-store', () => ({ status: 200, body: 'no item' })));
  fails(() => broken.get(TARGET, 'sales'), 'other');
  const empty = backendOf(store, fakeHost('example-store', () => ({ status: 200 })));
  fails(() => empty.get(TARGET, 'sales'), 'unavailable');
  fails(() => backendOf({}, {}).get(TARGET, 'sales'), 'unsupported');
});

test('what is not granted is not sent', () => {
  const { host } = start();
  const request = { method: 'PUT', path: '/items', query: [], headers: [], body: [], masked: 'hide', omit: [] };
  fails(() => host.send('api', request), 'denied');
  const body = jsonParts({ name: placed(new FakeSecret('x')) });
  fails(() => host.send('api', { ...request, method: 'POST', body }), 'denied');
});

test('bodies are JSON and paths are encoded', () => {
  const text = (value) => jsonParts(value).map(({ val }) => new TextDecoder().decode(val)).join('');
  const value = { a: [1, null, 'x"\n'], b: { c: true }, d: [], e: {} };
  assert.deepEqual(JSON.parse(text({ ...value, gone: undefined })), value);
  assert.equal(path('items', "a b/c'*"), '/items/a%20b%2Fc%27%2A');
});
