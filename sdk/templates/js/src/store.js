// Keeps connections in the example store: an HTTP service with a list of items.
//
// Replace the requests and answers by those of your store. The login is not here: the host adds it.

import {
  ConnectorError,
  connection,
  invalid,
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
  if (target.dryRun) throw unsupported('this connector cannot try a creation without making it');
  const { name, type } = draft;
  itemPath(name);
  const body = { name, type, ...values(draft) };
  // The store refuses a name that is taken: never look first, somebody may be quicker.
  const answer = send(host, ENDPOINT, { method: 'POST', path: '/items', body });
  if (answer.status !== 409 || ifExists === 'fail') {
    return written('created', parsed(expectSuccess(answer, name)), draft);
  }
  const there = item(host, name);
  return ifExists === 'keep' ? kept(there, draft) : replace(host, there, draft);
}

/** Values of secrets cannot be compared, so each of them counts as different. */
function kept(there, draft) {
  const differences = draft.fields.filter(({ name, value }) => there.fields[name] !== value);
  const known = new Set([...draft.fields, ...draft.secrets].map(({ name }) => name));
  const more = [...Object.keys(there.fields), ...Object.keys(there.secrets)].filter((name) => !known.has(name));
  const names = [...differences, ...draft.secrets].map(({ name }) => name).concat(more);
  if (there.type !== draft.type) names.unshift('type');
  return { ...written('kept', there, draft), differences: names };
}

/** One change with the revision that was read: all of it or, if somebody else was quicker, nothing. */
function replace(host, there, draft) {
  const { fields, secrets } = values(draft);
  const body = {
    type: draft.type,
    fields: { ...nulls(Object.keys(there.fields)), ...fields },
    secrets: { ...nulls(Object.keys(there.secrets)), ...secrets },
    revision: there.revision,
  };
  const { name } = draft;
  const answer = call(host, { method: 'PATCH', path: itemPath(name), body }, name);
  return written('replaced', parsed(answer), draft);
}

export function listConnections(host, target, filter, { cursor, limit }) {
  const query = { limit: String(limit), ...(cursor === undefined ? {} : { after: cursor }) };
  const page = parsed(call(host, { method: 'GET', path: '/items', query }));
  return { items: page.items.map(ofItem), cursor: page.next ?? undefined };
}

export function get(host, target, name) {
  return ofItem(item(host, name));
}

export function open(host, target, name, fields) {
  const answer = call(host, { method: 'GET', path: itemPath(name), handles: true }, name);
  // Something that is no item must not look like one without secrets.
  ofItem(parsed(answer));
  return selected(secretsBelow(answer, '/secrets'), name, fields);
}

export function update(host, target, name, patch, expected) {
  if (target.dryRun) throw unsupported('this connector cannot try a change without making it');
  if (patch.tested !== undefined) throw unsupported('the store keeps no results of tests');
  const { fields, secrets } = values(patch);
  const removed = nulls(patch.remove);
  const body = {
    fields: { ...removed, ...fields },
    secrets: { ...removed, ...secrets },
    revision: revision(name, expected),
  };
  const answer = call(host, { method: 'PATCH', path: itemPath(name), body }, name);
  const [displayName, description] = [patch.displayName, patch.description].map(({ val }) => val);
  return written('updated', parsed(answer), { displayName, description, labels: patch.labels });
}

/** The operation `delete`. */
export function remove(host, target, name, expected) {
  const number = revision(name, expected);
  if (target.dryRun) {
    const there = item(host, name);
    if (number !== undefined && there.revision !== number) throw stale(name);
  } else {
    const query = number === undefined ? {} : { revision: String(number) };
    const { status } = call(host, { method: 'DELETE', path: itemPath(name), query }, name);
    if (status !== 204) throw unavailable(`the store answered a deletion with status ${status}`);
  }
  return [{ kind: 'item', name, scope: undefined }];
}

/** The path of an item. Servers disagree about these signs in paths, so they are in no name. */
function itemPath(name) {
  if (/[/\\%]/.test(name)) throw invalid('name', 'it must be without `/`, `\\` and `%`');
  return path('items', name);
}

function item(host, name) {
  return parsed(call(host, { method: 'GET', path: itemPath(name) }, name));
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
      throw invalid('name', 'the store does not take an item like this');
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

/** The values of a draft or a patch. A secret is a value like any other; the host writes it in its place. */
function values({ fields, secrets }) {
  return {
    fields: Object.fromEntries(fields.map(({ name, value }) => [name, value])),
    secrets: Object.fromEntries(secrets.map(({ name, value }) => [name, placed(value)])),
  };
}

/** In a change, null removes. */
const nulls = (names) => Object.fromEntries(names.map((name) => [name, null]));

function ofItem({ name, type, fields, secrets, revision }) {
  return connection({ name, type, fields, secretNames: Object.keys(secrets), revision: String(revision) });
}

function written(outcome, item, { displayName, description, labels }) {
  const texts = [displayName, description].filter((text) => text !== undefined);
  const isWhole = texts.length === 0 && labels.length === 0;
  const notes = isWhole ? [] : ['the store has no place for a display name, a description or labels'];
  return { outcome, connection: ofItem(item), differences: [], notes };
}
