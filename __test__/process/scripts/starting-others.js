'use strict';

// Starts another process while connections are open, and prints how many sockets either has. argv: the socket's path.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const { getClient } = require('../../..');

const client = getClient({ socketPath: process.argv[2], token: 'unused' });
const count = (links) => links.filter((link) => link.includes('socket:')).length;

function ownLinks() {
  return fs.readdirSync('/proc/self/fd').map((fd) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
}

async function main() {
  const before = count(ownLinks());
  await Promise.all(Array.from({ length: 10 }, () => client.GET('/v1/environment')));
  const own = count(ownLinks()) - before;
  const listing = `${process.argv[2]}.list`;
  const script = 'for fd in /proc/self/fd/*; do readlink $fd; done > "$0"; true';
  execFileSync('sh', ['-c', script, listing], { stdio: 'ignore' });
  const listed = fs.readFileSync(listing, 'utf8').split('\n');
  console.log(JSON.stringify({ own, listed: listed.length, inherited: count(listed) }));
}

main();
