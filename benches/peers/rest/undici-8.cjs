'use strict';

exports.open = require('./undici.cjs')('undici-8');
