import { invalidArgument, outOfRange, wrongType } from '../invalid-argument.mjs';
import { callUntilAnswered, objectOf, unexpected } from './call.mjs';
import { milliseconds } from './duration.mjs';
import { Election, FENCE } from './election.mjs';
import { noElections, SETTING } from './election-error.mjs';
import { LiveError } from './error.mjs';
import { checkMilliseconds, checkOptions, checkText, clientOf } from './options.mjs';

const OPTIONS = ['priority', 'deadlineMs', 'checkinIntervalMs', 'instanceId'];

const CONTAINER = '/v1/container';

/** Range of `priority`: that of the declaration's type, `int32`. */
const PRIORITY = { least: -(2 ** 31), most: 2 ** 31 - 1 };

/**
 * Joins the election of this container's primary. Documented in `live.d.ts`.
 *
 * @param {any} [options]
 */
async function joinElection(options = {}) {
  checkOptions('joinElection', options, OPTIONS);
  const { priority = 0, deadlineMs, checkinIntervalMs, signal } = options;
  if (typeof priority !== 'number') {
    throw wrongType('joinElection: `priority` must be a number');
  }
  if (!(Number.isInteger(priority) && priority >= PRIORITY.least && priority <= PRIORITY.most)) {
    throw outOfRange(`joinElection: \`priority\` must be a whole number of 32 bits, not ${priority}`);
  }
  checkMilliseconds('joinElection', 'deadlineMs', deadlineMs);
  checkMilliseconds('joinElection', 'checkinIntervalMs', checkinIntervalMs);
  checkText('joinElection', 'instanceId', options.instanceId);
  const instanceId = options.instanceId ?? process.env.CYCLE_INSTANCE_ID;
  if (!instanceId) {
    throw new LiveError(
      'ERR_CYCLE_NO_INSTANCE_ID',
      'joinElection must know which instance this is: CYCLE_INSTANCE_ID, which the platform sets, is missing. Give `instanceId`.',
    );
  }
  signal?.throwIfAborted();
  const access = { ...clientOf(options), signal };
  try {
    const deadline = deadlineMs ?? (await readDeadline(access));
    const interval = checkinIntervalMs ?? deadline / 3;
    if (interval >= deadline * FENCE) {
      throw invalidArgument(
        `joinElection: \`checkinIntervalMs\` (${interval}) must be less than 80 % of the deadline (${deadline} ms)`,
      );
    }
    signal?.throwIfAborted();
    return new Election(access, { instanceId, priority, deadline, interval });
  } catch (error) {
    access.release();
    throw error;
  }
}

/**
 * Asks for the deadline of this container, until there is an answer.
 *
 * @param {{ client: any, signal?: AbortSignal }} access
 * @returns {Promise<number>} milliseconds
 */
async function readDeadline({ client, signal }) {
  const container = objectOf('GET', CONTAINER, await callUntilAnswered(client, 'GET', CONTAINER, signal));
  const text = container.config?.deploy?.ha_elections?.stale_primary_deadline;
  if (text === undefined || text === null) {
    throw noElections();
  }
  const deadline = milliseconds(text);
  if (!deadline) {
    throw unexpected('GET', CONTAINER, `\`${SETTING}\` is ${JSON.stringify(text)}, which is no duration`);
  }
  return deadline;
}

export { joinElection };
