// Runs before `npm publish` in a checkout, whose package.json does not name the packages of the addons.

console.error('This is not published from a checkout: publish the tarballs that "npm run package -- --all" makes.');
console.error('docs/releasing.md has each step.');
process.exit(1);
