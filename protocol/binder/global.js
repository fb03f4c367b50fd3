'use strict';

module.exports = {
  name: 'binder',
  description: 'Binder: turns repositories into images, and images into running environments',
  params: {
    'api-key': {
      type: String,
      description: 'Key that the server asks for where a command changes or lists what belongs to others',
      env: 'BINDER_API_KEY',
    },
    host: {
      type: String,
      description: 'Name or address of the Binder server',
    },
    port: {
      type: Number,
      description: 'Port that the Binder server listens on',
    },
  },
  response: {
    error: {
      unauthorized: {
        status: 403,
        msg: 'Binder did not accept the API key of this call, or there was none',
        suggestions: ["Give the server's current key as api-key"],
      },
      malformedRequest: {
        status: 422,
        msg: 'The parameters of this call are not what Binder takes: {name}',
        suggestions: ['Look at the parameter again: {error}'],
      },
      badResponse: {
        status: 500,
        msg: "Binder's answer does not hold what was agreed on: {name}",
        suggestions: ['Check that the server follows the same version of the protocol as this client'],
      },
      timeout: {
        msg: 'Nothing was heard from Binder at {host}:{port} for too long',
        suggestions: ['See whether the server is overloaded, or wait longer before giving up'],
      },
      refused: {
        msg: 'Nobody takes connections at {host}:{port}',
        suggestions: ['See whether the server is up, and whether host and port are the ones it was started with'],
      },
      generic: {
        msg: 'The call to Binder failed: {error}',
        suggestions: ["The server's log around this moment may tell more"],
      },
    },
  },
};
