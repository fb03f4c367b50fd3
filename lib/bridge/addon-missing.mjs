/**
 * The error for a program that has no addon: what may be wrong, and what to try.
 *
 * @param {unknown} cause
 */
function explain(cause) {
  const { platform, arch, version } = process;
  const lines = [
    `@cycleplatform/internal-api-client: the native part for ${platform} ${arch} (Node ${version}) could not be loaded.`,
    'Usual causes, and what to try:',
    '- Optional dependencies were left out: run "npm install --include=optional".',
    `- node_modules was made on another system: run "npm ci" on ${platform} ${arch}, in the image that will run it.`,
    '- The runtime is old: Node from 20 on will do, and whatever else has Node-API 9.',
    '- A bundler moved the code away from its binary: mark the package as external.',
    '- No binary is published for this system: build it with Rust ("npm run build" in a checkout),',
    '  and point NAPI_RS_NATIVE_LIBRARY_PATH to the .node file.',
    `What the loader said: ${cause instanceof Error ? cause.message : String(cause)}`,
  ];
  return Object.assign(new Error(lines.join('\n'), { cause }), { code: 'ERR_CYCLE_NATIVE_MISSING' });
}

export { explain };
