// The results of all calls are those that openapi-fetch 0.15 has.

import type { FetchResponse, MaybeOptionalInit, paths } from '@cycleplatform/internal-api-client';
import type { MaybeOptionalInit as TheirInit, FetchResponse as TheirResponse } from 'openapi-fetch-0.15';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Media = `${string}/${string}`;
type Methods<Path extends keyof paths> = {
  [Method in Exclude<keyof paths[Path], 'parameters'>]: paths[Path][Method] extends { responses: unknown }
    ? Method
    : never;
}[Exclude<keyof paths[Path], 'parameters'>];

type Theirs<Operation, Options> = Operation extends object ? TheirResponse<Operation, Options, Media> : never;
type SameResult<Operation, Options> = [
  Same<FetchResponse<Operation, Options>['data'], Theirs<Operation, Options>['data']>,
  Same<FetchResponse<Operation, Options>['error'], Theirs<Operation, Options>['error']>,
];
type Taken<Path extends keyof paths, Method extends keyof paths[Path]> =
  TheirInit<paths[Path], Method> extends MaybeOptionalInit<paths[Path], Method> ? true : false;

type Compared = {
  [Path in keyof paths]: {
    [Method in Methods<Path>]: [
      ...SameResult<paths[Path][Method], object>,
      ...SameResult<paths[Path][Method], { parseAs: 'stream' }>,
      Taken<Path, Method>,
    ];
  };
};

export const same: {
  [Path in keyof paths]: { [Method in Methods<Path>]: [true, true, true, true, true] };
} = {} as Compared;
// @ts-expect-error the comparison sees a difference
export const other: { '/v1/hub': { get: [false, ...unknown[]] } } = {} as Compared;
// @ts-expect-error it compares something
export const none: Record<never, never>[] = {} as Methods<'/v1/hub'>;
