/** The version of the package. `scripts/bundle.mjs` replaces this name by the value. */
declare const PACKAGE_VERSION: string;
/**
 * The systems for which an addon is published, as napi names them. `scripts/bundle.mjs` replaces this name by the
 * value.
 */
declare const PUBLISHED_TARGETS: readonly string[];
