'use strict';

const { setTimeout: sleep } = require('node:timers/promises');
const v8 = require('node:v8');
const vm = require('node:vm');

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc');

/** Collects garbage until what was registered about it has run. */
async function collectGarbage() {
  for (let round = 0; round < 10; round += 1) {
    await sleep(5);
    collect();
  }
}

module.exports = { collectGarbage };
