// A client beside openapi-fetch's own. The name of the package stands for each version that it is checked with.

import type { FetchResponse, InternalApiClient, Middleware, paths } from '@cycleplatform/internal-api-client';
import type { Client as TheirClient, Middleware as TheirMiddleware } from 'openapi-fetch';

type Close = Pick<InternalApiClient, 'close' | typeof Symbol.asyncDispose>;
type Bare = Omit<InternalApiClient, keyof Close>;

export function assignable(
  ours: InternalApiClient,
  theirs: TheirClient<paths>,
  middleware: TheirMiddleware,
): unknown[] {
  const taken: TheirClient<paths> = ours;
  const given: Bare = theirs;
  ours.use(middleware);
  ours.eject(middleware);
  // @ts-expect-error it has neither `close` nor `Symbol.asyncDispose`
  const whole: InternalApiClient = theirs;
  // @ts-expect-error it has no methods
  const nothing: TheirClient<paths> = {} as Close;
  return [taken, given, whole, nothing];
}

export const mine: Middleware = { onRequest: ({ request, options }) => (options.baseUrl ? request : undefined) };
export type Data = FetchResponse<paths['/v1/hub']['get'], object>['data'];
