'use strict';

exports.connect = ({ socketPath, token, headers, topics, onOpen, onMessage, onError }) => {
  const { connectNotifications } = require('../../..');
  const socket = connectNotifications({ socketPath, token, headers, topics });
  socket.on('open', onOpen);
  socket.on('notification', onMessage);
  socket.on('error', onError);
  return () => socket.close();
};
