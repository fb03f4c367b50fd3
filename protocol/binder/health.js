'use strict';

module.exports = {
  status: {
    path: '/health/',
    params: {},
    description: 'Show how every part of Binder is',
    msg: 'Asking about the health of all parts',
    request: {
      method: 'GET',
      authorized: true,
    },
    response: {
      body: [
        {
          name: String,
          timestamp: Date,
          status: String,
        },
      ],
      error: {
        badQuery: {
          status: 500,
          msg: 'The records of health checks could not be searched',
          suggestions: ['See whether the server reaches its database'],
        },
      },
      success: {
        status: 200,
        msg: 'The health of all parts: {results}',
      },
    },
  },
};
