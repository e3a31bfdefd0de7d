// A host in the place of connhub: it holds the connector to the grants of `plugins.toml` and keeps secrets as connhub does.

import { readFileSync } from 'node:fs';

import { parse } from 'smol-toml';

/** A file of the project, read as TOML. */
export const toml = (name) => parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'));

/** A handle. Its value is seen by the host alone. */
export class FakeSecret {
  #value;

  constructor(value) {
    this.#value = value;
  }

  length() {
    return BigInt(new TextEncoder().encode(this.#value).length);
  }

  reveal() {
    throw fail('denied', 'nothing grants `reveal`');
  }

  static valueOf(secret) {
    return secret.#value;
  }
}

const fail = (tag, val) => Object.assign(new Error(val), { payload: { tag, val } });

/**
 * @param {string} connector Its name in `plugins.toml`.
 * @param {(request: { method: string, path: string, query: URLSearchParams, body: any }) => { status: number, body?: unknown }} serve
 * The store.
 */
export function fakeHost(connector, serve) {
  const { endpoints } = toml('plugins.toml').connectors[connector];
  const lines = [];
  const send = (endpoint, request) => {
    const grant = endpoints[endpoint];
    if (grant === undefined) throw fail('denied', `nothing grants endpoint \`${endpoint}\``);
    expectAllowed(grant, request);
    const { status, body } = serve({
      method: request.method,
      path: request.path,
      query: new URLSearchParams(request.query.map(({ name, value }) => [name, value])),
      body: filled(grant, request.body),
    });
    const secrets = [];
    const shown = body === undefined ? '' : JSON.stringify(masked(grant.mask ?? [], body, '', secrets));
    const handles = request.masked === 'handles' ? secrets : [];
    return { status, headers: [], body: new TextEncoder().encode(shown), secrets: handles };
  };
  return { send, write: (level, message) => lines.push(`${level}: ${message}`), lines };
}

function expectAllowed(grant, { method, path }) {
  const is = (rule) => {
    const [allowed, pattern] = rule.split(' ');
    return allowed === method && matches(pattern, path);
  };
  if (!grant.allow.some(is)) throw fail('denied', `no rule allows ${method} ${path}`);
}

function matches(pattern, path) {
  const [wanted, found] = [pattern.split('/'), path.split('/')];
  return (
    wanted.length === found.length && wanted.every((segment, i) => segment === '*' || segment === found[i])
  );
}

/** The body as the store gets it: with the values of the secrets, which may only stand where the grant says. */
function filled(grant, parts) {
  if (parts.length === 0) return undefined;
  const values = [];
  const pieces = parts.map(({ tag, val }) => {
    if (tag === 'bytes') return new TextDecoder().decode(val);
    values.push(FakeSecret.valueOf(val.value));
    return JSON.stringify({ secret: values.length - 1 });
  });
  const place = (value, pointer) => {
    if (value === null || typeof value !== 'object') return value;
    if (Object.hasOwn(value, 'secret') && typeof value.secret === 'number') {
      const places = grant['secrets-in'] ?? [];
      if (!places.some((rule) => matches(rule, pointer))) throw fail('denied', `no secret may stand at ${pointer}`);
      return values[value.secret];
    }
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, place(item, `${pointer}/${name}`)]));
  };
  return place(JSON.parse(pieces.join('')), '');
}

function masked(rules, value, pointer, secrets) {
  if (rules.some((rule) => matches(rule, pointer))) {
    secrets.push({ pointer, value: new FakeSecret(value) });
    return '***';
  }
  if (Array.isArray(value)) return value.map((item, i) => masked(rules, item, `${pointer}/${i}`, secrets));
  if (value === null || typeof value !== 'object') return value;
  const members = Object.entries(value).map(([name, item]) => {
    const escaped = name.replaceAll('~', '~0').replaceAll('/', '~1');
    return [name, masked(rules, item, `${pointer}/${escaped}`, secrets)];
  });
  return Object.fromEntries(members);
}
