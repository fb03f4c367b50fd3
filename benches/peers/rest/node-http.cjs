'use strict';

exports.open = ({ socketPath, token }) => {
  const http = require('node:http');
  const agent = new http.Agent({ keepAlive: true });
  const get = (path) =>
    new Promise((resolve, reject) => {
      const request = http.get({ socketPath, path, agent, headers: { 'x-cycle-token': token } }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => {
          try {
            resolve(JSON.parse(text));
          } catch (error) {
            reject(error);
          }
        });
        response.on('error', reject);
      });
      request.on('error', reject);
    });
  return { get, body: (result) => result };
};
