// Runs before `npm publish` in a checkout, and refuses it: the checkout's package.json does not list the addons' packages.

console.error('Do not publish from a checkout: publish the tarballs that "npm run package -- --all" makes.');
console.error('docs/releasing.md has each step.');
process.exit(1);
