'use strict';

module.exports = {
  global: require('./global'),
  build: require('./build'),
  registry: require('./registry'),
  deploy: require('./deploy'),
  health: require('./health'),
};
