import { apiPage } from './api.page.js';
import { errorsPage } from './errors.page.js';
import { eventsPage } from './events.page.js';
import { httpPage } from './http.page.js';
import { optionsPage } from './options.page.js';
import type { ReferencePage } from './page.js';

/** Everything in docs/reference/. */
export const REFERENCE: readonly ReferencePage[] = [optionsPage, errorsPage, eventsPage, httpPage, apiPage];
