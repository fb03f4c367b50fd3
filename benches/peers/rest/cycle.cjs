'use strict';

exports.open = ({ socketPath, token }) => {
  const { getClient } = require('../../..');
  const client = getClient({ socketPath, token });
  return { get: (target) => client.GET(target), body: (result) => result.data };
};
