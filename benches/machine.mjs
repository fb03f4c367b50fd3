// What the numbers were measured on.

import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { nodeVersion, pinned } from './processes.mjs';
import { addonBinary } from './setup.mjs';

/** The machine and the versions, as facts for `results.json`. */
export function describeMachine() {
  const manifest = readFileSync(join(import.meta.dirname, 'package.json'), 'utf8');
  /** @type {Record<string, string>} */
  const dependencies = JSON.parse(manifest).dependencies;
  const versions = Object.entries(dependencies).map(([name, version]) => [name, version.replace(/^npm:.*@/, '')]);
  return {
    cpu: cpus()[0].model.trim(),
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    loadBefore: loadavg()[0],
    node: nodeVersion(),
    rust: execFileSync('rustc', ['--version'], { encoding: 'utf8' }).split(' ')[1],
    pinned,
    addonKiB: Math.round(statSync(addonBinary()).size / 1024),
    peers: Object.fromEntries(versions),
  };
}
