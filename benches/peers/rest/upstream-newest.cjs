'use strict';

exports.open = require('./openapi-fetch.cjs')('undici-8');
