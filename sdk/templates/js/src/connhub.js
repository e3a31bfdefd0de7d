// What every connector needs besides the contract: errors, JSON bodies with secrets in them, paths, connections.
//
// Records of the contract are objects with names in camelCase, options are `undefined` or the value, enums are strings, variants are
// `{ tag, val }`, lists of bytes are `Uint8Array`. A function of the host that fails throws an object with the error as `payload`.

/**
 * @typedef {object} Secret A handle. The bytes stay with the host.
 * @property {() => bigint} length The number of bytes.
 */

/**
 * @typedef {object} Host What the host does for a connector.
 * @property {(endpoint: string, request: object) => Answer} send Sends a request to an endpoint of `needs.toml`.
 * @property {(level: 'trace' | 'debug' | 'info' | 'warn' | 'error', message: string) => void} write Logs a line.
 */

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {{ name: string, value: string }[]} headers
 * @property {Uint8Array} body
 * @property {{ pointer: string, value: Secret }[]} secrets The masked values, if the request asked for handles.
 */

/** An error that a user can act on: one case of the contract's `error`, as `{ tag, val }`. */
export class ConnectorError extends Error {
  /**
   * @param {string} tag
   * @param {unknown} val
   */
  constructor(tag, val) {
    super(typeof val === 'string' ? val : `${tag}: ${JSON.stringify(val)}`);
    this.payload = { tag, val };
  }
}

/** @param {string} field @param {string} message */
export const invalid = (field, message) => new ConnectorError('invalid', [{ field, message }]);

/** @param {string} message */
export const unsupported = (message) => new ConnectorError('unsupported', message);

/** @param {string} message */
export const unavailable = (message) => new ConnectorError('unavailable', { message, retryAfter: undefined });

/** @param {string} name */
export const noConnection = (name) => new ConnectorError('not-found', { tag: 'connection', val: name });

/** @param {string} name */
export const stale = (name) =>
  new ConnectorError('conflict', `\`${name}\` was changed since it was read; read it again`);

const OPERATIONS = ['check', 'create', 'listConnections', 'get', 'open', 'update', 'delete'];

/**
 * What a component exports: the functions of a connector, each with the host as its first parameter. An operation that is not there
 * is unsupported. A fault of the connector becomes an error of the contract instead of the end of the sandbox.
 *
 * @param {Record<string, Function>} connector
 * @param {Host} host
 */
export function backendOf(connector, host) {
  const backend = { describe: () => connector.describe() };
  for (const operation of OPERATIONS) {
    backend[operation] = (...parameters) => {
      if (!Object.hasOwn(connector, exported(operation))) {
        throw unsupported('this connector cannot do that');
      }
      return guarded(host, () => connector[exported(operation)](host, ...parameters));
    };
  }
  return backend;
}

/** `delete` is a word of the language, and cannot be a function's name. */
const exported = (operation) => (operation === 'delete' ? 'remove' : operation);

function guarded(host, operation) {
  try {
    return operation();
  } catch (error) {
    if (error?.payload !== undefined) throw error;
    host.write('debug', String(error?.stack));
    throw new ConnectorError('other', `the connector has a fault: ${error}`);
  }
}

/**
 * Sends a request. A failure of the host becomes the error that a user can act on.
 *
 * @param {Host} host
 * @param {string} endpoint
 * @param {{ method: string, path: string, query?: Record<string, string>, body?: unknown, handles?: boolean }} request
 * With `body`, a JSON body in which `placed` secrets may stand; with `handles`, the masked values of the answer come as handles.
 * @returns {Answer}
 */
export function send(host, endpoint, { method, path, query = {}, body, handles = false }) {
  const headers = body === undefined ? [] : [{ name: 'content-type', value: 'application/json' }];
  const request = {
    method,
    path,
    query: Object.entries(query).map(([name, value]) => ({ name, value })),
    headers,
    body: body === undefined ? [] : jsonParts(body),
    masked: handles ? 'handles' : 'hide',
    omit: [],
  };
  try {
    return host.send(endpoint, request);
  } catch (error) {
    throw error?.payload === undefined ? error : ofHttp(error.payload);
  }
}

function ofHttp({ tag, val }) {
  switch (tag) {
    case 'denied':
    case 'too-large':
      return new ConnectorError('denied', val);
    case 'unauthenticated':
      return new ConnectorError('unauthenticated', val);
    case 'other':
      return new ConnectorError('other', val);
    default:
      return unavailable(val);
  }
}

class Placed {
  constructor(secret) {
    this.secret = secret;
  }
}

/**
 * A secret as a value of a JSON body. The host writes it there.
 *
 * @param {Secret} secret
 */
export const placed = (secret) => new Placed(secret);

/**
 * The parts of a JSON body. Members that are `undefined` are left out.
 *
 * @param {unknown} value
 */
export function jsonParts(value) {
  const parts = [];
  let text = '';
  const flush = () => {
    if (text !== '') parts.push({ tag: 'bytes', val: new TextEncoder().encode(text) });
    text = '';
  };
  for (const piece of pieces(value)) {
    if (piece instanceof Placed) {
      flush();
      parts.push({ tag: 'secret', val: { value: piece.secret, encoding: 'json-string' } });
    } else {
      text += piece;
    }
  }
  flush();
  return parts;
}

function* pieces(value) {
  if (value instanceof Placed) {
    yield value;
  } else if (Array.isArray(value)) {
    yield* joined('[', value.map((item) => ['', item]), ']');
  } else if (value !== null && typeof value === 'object') {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    yield* joined('{', members.map(([name, member]) => [`${JSON.stringify(name)}:`, member]), '}');
  } else {
    yield JSON.stringify(value);
  }
}

function* joined(start, items, end) {
  yield start;
  let separator = '';
  for (const [prefix, item] of items) {
    yield separator + prefix;
    yield* pieces(item);
    separator = ',';
  }
  yield end;
}

/**
 * The JSON of an answer.
 *
 * @param {Answer} answer
 */
export function parsed(answer) {
  try {
    return JSON.parse(new TextDecoder().decode(answer.body));
  } catch {
    // The message of the parser quotes the answer.
    throw unavailable('the answer is no JSON');
  }
}

/**
 * A path of segments, each percent-encoded.
 *
 * @param {...string} segments
 */
export const path = (...segments) => segments.map((segment) => `/${encoded(segment)}`).join('');

/** `encodeURIComponent` leaves these five, which are reserved. */
const encoded = (segment) =>
  encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/**
 * The secrets of an answer right below a place, as secret fields.
 *
 * @param {Answer} answer
 * @param {string} place A JSON pointer.
 * @returns {{ name: string, value: Secret }[]}
 */
export function secretsBelow(answer, place) {
  const below = answer.secrets.filter(({ pointer }) => pointer.startsWith(`${place}/`));
  return below.map(({ pointer, value }) => {
    const name = pointer.slice(place.length + 1).replaceAll('~1', '/').replaceAll('~0', '~');
    return { name, value };
  });
}

/**
 * Those of the secret fields of a connection that `open` was asked for: the named ones, or all if none is named.
 *
 * @param {{ name: string, value: Secret }[]} all
 * @param {string} connection
 * @param {string[]} names
 */
export function selected(all, connection, names) {
  const known = all.map(({ name }) => name);
  const absent = names.find((name) => !known.includes(name));
  if (absent !== undefined) {
    const list = known.length === 0 ? 'none' : known.map((name) => `\`${name}\``).join(', ');
    throw invalid(absent, `\`${connection}\` has no such secret field; it has ${list}`);
  }
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

/**
 * A connection of the contract. What is not given is empty.
 *
 * @param {{ name: string, type: string, fields?: Record<string, string>, secretNames?: string[], revision?: string }} known
 */
export function connection({ fields = {}, ...known }) {
  return {
    scope: undefined,
    secretNames: [],
    displayName: undefined,
    description: undefined,
    labels: [],
    owner: undefined,
    address: undefined,
    status: undefined,
    statusMessage: undefined,
    revision: undefined,
    createdAt: undefined,
    updatedAt: undefined,
    tested: undefined,
    warnings: [],
    ...known,
    fields: Object.entries(fields).map(([name, value]) => ({ name, value })),
  };
}
