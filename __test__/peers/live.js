'use strict';

/**
 * Options that every live part refuses, each with the code.
 *
 * @returns {[options: any, code: string][]}
 */
function wrongAccess() {
  return [
    [null, 'ERR_INVALID_ARG_VALUE'],
    ['text', 'ERR_INVALID_ARG_VALUE'],
    [{ client: {} }, 'ERR_INVALID_ARG_TYPE'],
    [{ socketPath: 1 }, 'ERR_INVALID_ARG_TYPE'],
    [{ socketPath: '' }, 'ERR_INVALID_ARG_TYPE'],
    [{ token: '' }, 'ERR_INVALID_ARG_TYPE'],
    [{ token: {} }, 'ERR_INVALID_ARG_TYPE'],
    [{ signal: {} }, 'ERR_INVALID_ARG_TYPE'],
    [{ nonsense: 1 }, 'ERR_INVALID_ARG_VALUE'],
  ];
}

module.exports = { wrongAccess };
