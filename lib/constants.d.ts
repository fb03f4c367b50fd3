/** The version of the package; `scripts/bundle.mjs` puts it where this is named. */
declare const PACKAGE_VERSION: string;
