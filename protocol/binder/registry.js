'use strict';

const badDatabase = {
  status: 500,
  msg: 'The registry could not read its templates',
  suggestions: ['See whether the registry reaches its database', "Read the registry's log for the query that failed"],
};

module.exports = {
  fetch: {
    path: '/templates/{template-name}',
    params: {
      'template-name': {
        type: String,
        description: 'Name of the template',
      },
    },
    description: 'Show one template',
    msg: 'Asking the registry for the template',
    request: {
      method: 'GET',
      authorized: true,
    },
    response: {
      error: {
        badDatabase,
        doesNotExist: {
          status: 404,
          msg: 'The registry has no template of this name',
          suggestions: ['Compare the spelling with the list of all templates'],
        },
      },
      success: {
        status: 200,
        msg: 'The template: {results}',
      },
    },
  },

  fetchAll: {
    path: '/templates/',
    params: {},
    description: 'Show every template',
    msg: 'Asking the registry for all templates',
    request: {
      method: 'GET',
      authorized: true,
    },
    response: {
      error: { badDatabase },
      success: {
        status: 200,
        msg: 'The templates: {results}',
      },
    },
  },
};
