// Keeps connections in the example store: an HTTP service with a list of items.
//
// Replace the requests and answers by those of your store. The login is not here: the host adds it.

import {
  ConnectorError,
  connection,
  noConnection,
  parsed,
  path,
  placed,
  secretsBelow,
  selected,
  send,
  stale,
  unavailable,
  unsupported,
} from './connhub.js';

/** The endpoint's name in `needs.toml`. */
const ENDPOINT = 'api';

export function describe() {
  return {
    name: 'example-store',
    version: '0.1.0',
    summary: 'keeps connections in the example store',
    types: [],
    anyType: true,
    operations: ['check', 'create', 'get', 'list-connections', 'open', 'update', 'delete'],
    scope: undefined,
    settings: [],
  };
}

export function check(host) {
  const answer = send(host, ENDPOINT, { method: 'GET', path: '/me' });
  const login = (verdict, message) => [{ subject: 'login', verdict, message }];
  if (answer.status === 401) {
    const findings = login('bad', 'the store does not accept the login');
    return { user: undefined, platform: undefined, findings };
  }
  const { user, version } = parsed(expectSuccess(answer));
  const findings = login('good', `the store knows the login as ${user}`);
  return { user, platform: `example store ${version}`, findings };
}

export function create(host, target, draft, ifExists) {
  if (ifExists !== 'fail' || target.dryRun) {
    throw unsupported('this connector can only create what is not there');
  }
  const { name, type, fields, secrets } = draft;
  const body = { name, type, fields: visible(fields), secrets: hidden(secrets) };
  // The store refuses a name that is taken: never look first, somebody may be quicker.
  const item = parsed(call(host, { method: 'POST', path: '/items', body }, name));
  const unkept = draft.displayName !== undefined || draft.description !== undefined || draft.labels.length > 0;
  return written('created', item, unkept);
}

export function listConnections(host, target, filter, { cursor, limit }) {
  const query = { limit: String(limit), ...(cursor === undefined ? {} : { after: cursor }) };
  const page = parsed(call(host, { method: 'GET', path: '/items', query }));
  return { items: page.items.map(ofItem), cursor: page.next ?? undefined };
}

export function get(host, target, name) {
  return ofItem(parsed(call(host, { method: 'GET', path: path('items', name) }, name)));
}

export function open(host, target, name, fields) {
  const answer = call(host, { method: 'GET', path: path('items', name), handles: true }, name);
  return selected(secretsBelow(answer, '/secrets'), name, fields);
}

export function update(host, target, name, patch, expected) {
  if (target.dryRun) throw unsupported('this connector cannot try a change without making it');
  if (patch.tested !== undefined) throw unsupported('the store keeps no results of tests');
  const removed = Object.fromEntries(patch.remove.map((field) => [field, null]));
  const body = {
    fields: { ...removed, ...visible(patch.fields) },
    secrets: { ...removed, ...hidden(patch.secrets) },
    revision: revision(name, expected),
  };
  const item = parsed(call(host, { method: 'PATCH', path: path('items', name), body }, name));
  const texts = [patch.displayName, patch.description];
  const unkept = texts.some(({ tag }) => tag === 'set') || patch.labels.length > 0;
  return written('updated', item, unkept);
}

/** The operation `delete`. */
export function remove(host, target, name, expected) {
  const number = revision(name, expected);
  if (target.dryRun) {
    const there = get(host, target, name);
    if (expected !== undefined && there.revision !== expected) throw stale(name);
  } else {
    const query = number === undefined ? {} : { revision: String(number) };
    call(host, { method: 'DELETE', path: path('items', name), query }, name);
  }
  return [{ kind: 'item', name, scope: undefined }];
}

/** A request about an item. */
function call(host, request, name) {
  return expectSuccess(send(host, ENDPOINT, request), name);
}

/** An answer that is no success becomes the error that a user can act on. */
function expectSuccess(answer, name = '') {
  const { status } = answer;
  if (status >= 200 && status < 300) return answer;
  switch (status) {
    case 401:
      throw new ConnectorError('unauthenticated', 'the store does not accept the login');
    case 403:
      throw new ConnectorError('forbidden', 'the store does not allow this login to do that');
    case 404:
      throw noConnection(name);
    case 409:
      throw new ConnectorError('already-exists', `the store has an item \`${name}\``);
    case 412:
      throw stale(name);
    case 422:
      throw new ConnectorError('invalid', [{ field: 'name', message: 'the store does not take such an item' }]);
    default:
      throw unavailable(`the store answered with status ${status}`);
  }
}

/** The store counts; any other revision is none of its own, and must not be sent as if none was asked for. */
function revision(name, expected) {
  if (expected === undefined) return undefined;
  if (!/^[0-9]{1,15}$/.test(expected)) throw stale(name);
  return Number(expected);
}

const visible = (fields) => Object.fromEntries(fields.map(({ name, value }) => [name, value]));

/** A secret is a value like any other; the host writes it in its place. */
const hidden = (fields) => Object.fromEntries(fields.map(({ name, value }) => [name, placed(value)]));

function ofItem({ name, type, fields, secrets, revision }) {
  return connection({ name, type, fields, secretNames: Object.keys(secrets), revision: String(revision) });
}

function written(outcome, item, unkept) {
  const notes = unkept ? ['the store has no place for a display name, a description or labels'] : [];
  return { outcome, connection: ofItem(item), differences: [], notes };
}
