import * as z from 'zod';
import { ProvisioningError } from '../../lib/errors.ts';
import { parseHours } from '../../lib/hours.ts';
import type { OrderedJson } from '../../lib/ordered-json.ts';
import { parseShare } from '../../lib/share.ts';
import { bodyInvalid, readObject } from '../input.ts';
import type { Given } from '../listing.ts';
import type { ApiParts } from '../parts.ts';
import { type Call, endpoint, type Route } from '../route.ts';
import { parameters } from './bulk-order.ts';
import { deviceFilterOf, deviceFilters } from './device-filter.ts';
import { begins, begun } from './operations.ts';

const text = (error: string) => z.string({ error });
const parsed = <Value>(parse: (given: string) => Value | undefined, message: string) =>
  text(message).transform((given, context) => {
    const value = parse(given);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
const whole = (least: number, most: number) => {
  const error = `must be a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};

const order = z.strictObject({
  devices: z
    .array(text('must be the id of a device'), { error: 'must be a list of ids of devices' })
    .optional()
    .meta({ description: 'These, in this order.' }),
  where: z.unknown().optional().meta({
    description:
      'All of which this is true, in the parameters of the list of devices; {} is all. Those that asked last are told first.',
  }),
  restart: z.boolean({ error: 'must be true or false' }).optional().meta({ description: 'As for one device.' }),
  waves: z
    .array(parsed(parseShare, 'must be a number or a percentage, such as "25" or "5%"'), { error: 'must be a list' })
    .optional()
    .meta({ description: 'So many are told before the next begin: ["1", "5%"]. What is left is the last wave.' }),
  per_second: whole(1, 10_000).optional(),
  patience_seconds: whole(1, 86_400).optional().meta({ description: 'So long has each that was told to fetch its files.' }),
  tolerance_percent: whole(0, 100).optional().meta({ description: 'When more of a wave do not come back, no more are told.' }),
  hours: parsed(parseHours, 'must be a part of the day, such as 22:00-05:00')
    .optional()
    .meta({ description: 'When phones may be told, in the time zone of the server.' }),
});

export function resyncRoutes(parts: ApiParts): Route[] {
  /** What is not seen is not there. */
  async function mustSee({ caller }: Pick<Call, 'caller'>, ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const device = await parts.devices.get(id);
      if (!device || !caller.sees(device.tenant)) throw new ProvisioningError('device-unknown', `No device has the id ${id}`);
    }
  }

  const start = endpoint({
    summary: 'Resync devices',
    about:
      'Many phones are told to read their configuration anew, in waves: the next begins when those before came back, and none when too many did not. The operation’s result counts the devices by what became of them, and names the first of ' +
      'those that are not in sync. What is not said is as the settings `sync` say.',
    permission: 'devices.resync',
    body: order,
    answers: begins,
    async handle(call) {
      const { devices, where, waves, per_second, patience_seconds, tolerance_percent, hours, restart } = call.body;
      if ((devices === undefined) === (where === undefined)) {
        throw bodyInvalid('The body must have either devices or where');
      }
      if (where !== undefined && !(where instanceof Map))
        throw bodyInvalid('The body is not valid', [{ path: 'where', message: 'must be an object' }]);
      if (devices) await mustSee(call, devices);
      const document: ReadonlyMap<string, OrderedJson> = where ?? new Map();
      const given = readObject(parameters(document), deviceFilters) as Given<typeof deviceFilters>;
      const order = {
        which: devices ?? deviceFilterOf(given, call.caller, parts.tenants),
        tenant: call.caller.tenant,
        ...(waves && { waves }),
        ...(per_second !== undefined && { perSecond: per_second }),
        ...(patience_seconds !== undefined && { patienceMs: patience_seconds * 1_000 }),
        ...(tolerance_percent !== undefined && { tolerance: tolerance_percent }),
        ...(hours && { hours }),
        ...(restart !== undefined && { restart }),
      };
      return begun(await parts.resyncMany(order));
    },
  });
  return [{ path: '/api/v1/resyncs', methods: { POST: start } }];
}
