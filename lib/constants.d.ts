/** The version of the package; `scripts/bundle.mjs` puts it where this is named. */
declare const PACKAGE_VERSION: string;
/** The systems that an addon is published for, as napi names them; `scripts/bundle.mjs` puts them where they are named. */
declare const PUBLISHED_TARGETS: readonly string[];
