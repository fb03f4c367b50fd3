'use strict';

exports.connect = ({ socketPath, token, headers, topics, onOpen, onMessage, onError }) => {
  const { Agent, WebSocket } = require('undici-8');
  const dispatcher = new Agent({ connect: { socketPath } });
  const socket = new WebSocket('ws://localhost/v1/notifications', {
    dispatcher,
    headers: { 'x-cycle-token': token, ...headers },
  });
  const wanted = topics && new Set(topics);
  socket.addEventListener('open', onOpen);
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(data);
    if (!wanted || wanted.has(message.topic)) {
      onMessage(message);
    }
  });
  socket.addEventListener('error', ({ error }) => onError(error));
  return () => socket.close();
};
