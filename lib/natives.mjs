// JavaScript's own functions, kept when the package is loaded, because a program or its test runner may replace them later.

export const NativePromise = Promise;
export const { parse: parseJson, stringify: stringifyJson } = JSON;
