// Functions of a program that is a library itself: their declarations are written, and may name no package but this one.

import {
  type components,
  connectNotifications,
  getClient,
  getEnvironmentMetadata,
  type MethodResponse,
  type Middleware,
} from '@cycleplatform/internal-api-client';

export const client = getClient();
export const hub = () => client.GET('/v1/hub');
export const text = () => client.GET('/v1/hub', { parseAs: 'text' });
export const variables = (signal: AbortSignal | undefined) =>
  client.GET('/v1/environment/scoped-variables', { signal });
export const save = (key: string) =>
  client.POST('/v1/object-cache', { body: { key, scope: 'global', value: 'v', expires: '2030-01-01T00:00:00Z' } });
export const requested = () => client.request('get', '/v1/container', { params: { query: {} } });
export const { POST, request } = client;
export const use = (...middleware: Middleware[]) => client.use(...middleware);
export const socket = connectNotifications();
export const fail = () => socket.emit('error', new Error('x'));
export const opened = () => socket.emit('open');
export const drop = () => socket.emit('close', 1006, '');
export const metadata = () => getEnvironmentMetadata();
export type Hub = MethodResponse<typeof client, 'get', '/v1/hub'>['data'];

export async function failure(): Promise<components['schemas']['ErrorEnvelope'] | undefined> {
  const { error } = await client.GET('/v1/hub');
  if (error === undefined) return undefined;
  const envelope: components['schemas']['ErrorEnvelope'] = error;
  return envelope;
}
