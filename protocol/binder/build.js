'use strict';

/** What is known about a build. */
const build = {
  name: String,
  'start-time': Date,
  status: String,
  phase: String,
  repository: String,
};

const badQuery = {
  status: 500,
  msg: 'The records of builds could not be searched',
  suggestions: ['See whether the server reaches its database'],
};

const noBuildInfo = {
  status: 500,
  msg: 'There is no record of such a build',
  suggestions: ['See whether the build server is up and has taken the build'],
};

module.exports = {
  start: {
    path: '/builds/',
    params: {
      repository: {
        type: String,
        description: 'Address of the GitHub repository to make an image of',
        example: 'https://github.com/binder-project/example-requirements',
      },
      force: {
        type: Boolean,
        description: 'Build again even when an image of this state of the repository exists',
        required: false,
      },
    },
    description: 'Build an image of a repository',
    msg: 'Asking for an image of {repository}',
    request: {
      method: 'POST',
      authorized: true,
      body: ['repository', 'force'],
    },
    response: {
      body: {
        name: String,
      },
      error: {
        noDatabase: {
          status: 500,
          msg: 'The build server came up without its database',
          suggestions: ['See whether the server reaches its database, then start it again'],
        },
        badQuery,
        badRepoSource: {
          status: 500,
          msg: 'Repositories of this host cannot be built',
          suggestions: ['Put the repository on GitHub and give its address there'],
        },
        alreadyBuilding: {
          status: 500,
          msg: 'This image is being built at the moment',
          suggestions: ['Wait until the running build is over, then ask again'],
        },
      },
      success: {
        status: 200,
        msg: 'The build of {repository} is on its way: {results}',
      },
    },
  },

  status: {
    path: '/builds/{image-name}',
    params: {
      'image-name': {
        type: String,
        description: 'Name of the image, as the start of its build gave it',
      },
    },
    description: 'Show how far the build of one image is',
    msg: 'Asking about the build of {image-name}',
    request: {
      method: 'GET',
    },
    response: {
      body: build,
      error: { noBuildInfo, badQuery },
      success: {
        status: 200,
        msg: 'The build: {results}',
      },
    },
  },

  statusAll: {
    path: '/builds/',
    params: {},
    description: 'Show how far every build is',
    msg: 'Asking about all builds',
    request: {
      method: 'GET',
      authorized: true,
    },
    response: {
      body: [build],
      error: { noBuildInfo, badQuery },
      success: {
        status: 200,
        msg: 'The builds: {results}',
      },
    },
  },
};
