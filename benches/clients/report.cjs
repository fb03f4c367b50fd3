'use strict';

const { writeSync } = require('node:fs');

/** Peak of the resident memory of this process so far, in MiB. */
function peakMiB() {
  return process.resourceUsage().maxRSS / 1024;
}

/** Resident memory now, without garbage, in MiB. */
function residentMiB() {
  globalThis.gc();
  return process.memoryUsage.rss() / 2 ** 20;
}

/** Starts a clock for time and for CPU of the whole process; the function returned reads both. */
function startClock() {
  const cpu = process.cpuUsage();
  const started = performance.now();
  return () => {
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return { seconds, cpuUs: user + system };
  };
}

/**
 * Runs the task that the command line names, prints what it measured, and ends the process.
 *
 * @param {Record<string, (task: any) => Promise<Record<string, number>>>} tasks
 */
async function runTask(tasks) {
  const task = JSON.parse(process.argv[2]);
  writeSync(1, JSON.stringify(await tasks[task.kind](task)));
  process.exit(0);
}

module.exports = { peakMiB, residentMiB, runTask, startClock };
