// The component: the connector of `store.js` with the functions of the host. Only this file needs WebAssembly.

import { write } from 'connhub:connector/log@1.1.0';
import { send } from 'connhub:connector/http@1.1.0';

import { backendOf } from './connhub.js';
import * as store from './store.js';

export const backend = backendOf(store, { send, write });
