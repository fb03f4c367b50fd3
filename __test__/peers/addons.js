'use strict';

const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..', '..');
const names = fs.readdirSync(root).filter((name) => name.endsWith('.node'));

/** The files of the addons that this checkout has: what clients load, and what has the tools too. */
const production = names.find((name) => name.startsWith('cycle-internal-api.')) ?? '';
const tools = names.find((name) => name.startsWith('cycle-internal-api-tools.')) ?? '';

/** The system, as the packages of the addons name it. */
const target = production.split('.')[1];

module.exports = { production, target, tools };
