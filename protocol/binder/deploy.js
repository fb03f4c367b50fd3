'use strict';

/** @param {string} what the sentence that says what failed */
const badDatabase = (what) => ({
  status: 500,
  msg: what,
  suggestions: ['See whether the server reaches its database', "Read the server's log for the query that failed"],
});

/** A running environment. */
const deployment = {
  id: String,
  location: String,
};

module.exports = {
  deploy: {
    path: '/applications/',
    params: {
      'template-name': {
        type: String,
        description: 'Name of the template to run',
      },
      'cull-timeout': {
        type: Number,
        description: 'Time without use after which the environment is taken down',
        required: false,
      },
    },
    description: 'Run an environment made from a template',
    msg: 'Asking for an environment made from {template-name}',
    request: {
      method: 'POST',
      authorized: false,
      body: ['template-name', 'cull-timeout'],
    },
    response: {
      body: {
        id: String,
      },
      error: {
        registryError: {
          status: 500,
          msg: 'The template {template-name} could not be looked up',
          suggestions: ['Compare the name with the list of all templates', 'See whether the registry is up'],
        },
        badDatabase: badDatabase('The new environment could not be recorded'),
      },
      success: {
        status: 200,
        msg: 'The environment is starting: {results}',
      },
    },
  },

  status: {
    path: '/applications/{template-name}/{id}',
    params: {
      'template-name': {
        type: String,
        description: 'Name of the template that the environment was made from',
      },
      id: {
        type: String,
        description: 'Id of the environment, as its deployment gave it',
      },
    },
    description: 'Show one environment and where it runs',
    msg: 'Asking about environment {id} of {template-name}',
    request: {
      method: 'GET',
      authorized: false,
    },
    response: {
      body: deployment,
      error: {
        badDatabase: badDatabase('The environment could not be looked up'),
        noRecord: {
          status: 500,
          msg: 'No environment of this template has this id',
          suggestions: ['Check the spelling of template and id', 'Use the id that an earlier deployment gave'],
        },
      },
      success: {
        status: 200,
        msg: 'The environment: {results}',
      },
    },
  },

  statusAll: {
    path: '/applications/{template-name}',
    params: {
      'template-name': {
        type: String,
        description: 'Name of the template whose environments are wanted',
        required: false,
      },
    },
    description: 'Show every environment made from a template',
    msg: 'Asking about the environments of {template-name}',
    request: {
      method: 'GET',
      authorized: true,
    },
    response: {
      body: [deployment],
      error: {
        badDatabase: badDatabase('The environments could not be listed'),
      },
      success: {
        status: 200,
        msg: 'The environments: {results}',
      },
    },
  },

  _preload: {
    path: '/preload/{template-name}',
    params: {
      'template-name': {
        type: String,
        description: 'Name of the template to bring to the nodes',
        required: true,
      },
    },
    description: 'Bring the image of a template to every node ahead of its first use',
    msg: 'Asking the nodes to fetch the image of {template-name}',
    request: {
      method: 'POST',
      authorized: true,
    },
    response: {
      error: {
        badDatabase: badDatabase('The preloading could not be recorded'),
        registryError: {
          status: 500,
          msg: 'The template could not be looked up',
          suggestions: ['Compare the name with the list of all templates', 'See whether the registry is up'],
        },
        badKubeRequest: {
          status: 500,
          msg: 'The cluster did not say which nodes it has',
          suggestions: ['See whether the server reaches the cluster'],
        },
        unknownFailure: {
          status: 500,
          msg: 'Preloading stopped and the server cannot tell why',
          suggestions: ["Read the server's logs of this moment"],
        },
      },
      success: {
        status: 200,
        msg: 'The nodes are fetching the image: {results}',
      },
    },
  },

  _preloadStatus: {
    path: '/preload/{template-name}',
    params: {
      'template-name': {
        type: String,
        description: 'Name of the template that is being preloaded',
        required: true,
      },
    },
    description: 'Show how far the preloading of a template is',
    msg: 'Asking how far the preloading of {template-name} is',
    request: {
      method: 'GET',
      authorized: true,
    },
    response: {
      error: {
        badDatabase: {
          status: 500,
          msg: 'The state of the preloading could not be read',
          suggestions: ['See whether the server reaches its database'],
        },
      },
      success: {
        status: 200,
        msg: 'The preloading: {results}',
      },
    },
  },
};
