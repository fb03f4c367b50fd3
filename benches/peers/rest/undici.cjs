'use strict';

/** The quickest call that an undici has for whole JSON answers. */
module.exports =
  (undiciPackage) =>
  ({ socketPath, token }) => {
    const { Agent, request } = require(undiciPackage);
    const dispatcher = new Agent({ connect: { socketPath } });
    const get = async (target) => {
      const { body } = await request(`http://localhost${target}`, { dispatcher, headers: { 'x-cycle-token': token } });
      return body.json();
    };
    return { get, body: (result) => result };
  };
