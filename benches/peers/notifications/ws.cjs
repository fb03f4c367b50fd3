'use strict';

exports.connect = ({ socketPath, token, headers, topics, onOpen, onMessage, onError }) => {
  const { WebSocket } = require('ws');
  const socket = new WebSocket(`ws+unix:${socketPath}:/v1/notifications`, {
    headers: { 'x-cycle-token': token, ...headers },
  });
  const wanted = topics && new Set(topics);
  socket.on('open', onOpen);
  socket.on('message', (data) => {
    const message = JSON.parse(data);
    if (!wanted || wanted.has(message.topic)) {
      onMessage(message);
    }
  });
  socket.on('error', onError);
  return () => socket.close();
};
