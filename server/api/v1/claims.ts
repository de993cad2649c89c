import * as z from 'zod';
import { toPlain } from '../../lib/ordered-json.ts';
import { Secret } from '../../lib/secret.ts';
import type { Settled } from '../../pipeline/claim/claim.ts';
import type { Phone } from '../../pipeline/claim/phone.ts';
import { ip, mac, text } from '../fields.ts';
import type { ApiParts } from '../parts.ts';
import { endpoint, type Route } from '../route.ts';
import { operationDocument, operationSchema } from './operations.ts';

const name = z.string({ error: 'must be a text' }).min(1, { error: 'must not be empty' }).max(255, { error: 'is too long' });
const oneOf = 'must be an object with one of username, device, mac and ip';
const phone = z.preprocess(
  (value) => (value instanceof Map ? toPlain(value) : value),
  z
    .strictObject({ username: name, device: name, mac, ip }, { error: oneOf })
    .partial()
    .refine((given) => Object.keys(given).length === 1, { error: oneOf })
    .meta({
      description:
        'Which phone: by one of these. A username is that of any line in what it fetched last: as that it is registered.',
    }),
);
const order = z.strictObject({
  code: z
    .string({ error: 'must be a text of digits' })
    .max(64, { error: 'is too long' })
    .meta({ description: 'What was dialled.' }),
  phone,
  take: z
    .boolean({ error: 'must be true or false' })
    .default(false)
    .meta({ description: 'Also where other devices have the config: they go back to autoprov.' }),
});

const settled = z.strictObject({
  device: text,
  config: text.nullable().meta({ description: 'Which the device has now.' }),
  operation: operationSchema.meta({ description: 'Telling the phone.' }),
});
const released = settled.meta({ id: 'ReleasedPhone' });
const claimed = settled
  .extend({ released: z.array(released).meta({ description: 'Devices that had the config.' }) })
  .meta({ id: 'ClaimedPhone' });

/** Phones that nobody prepared are given their configs from the phones themselves, through a PBX: docs/dial-a-code.md */
export function claimRoutes({ claim, release }: ApiParts): Route[] {
  const create = endpoint({
    summary: 'Give a phone in autoprov mode the config that has a code',
    about:
      'The code is of the tenant of the phone’s device. It is done when this is answered; the operation is that of telling the phone. 404: there is no such phone, or no such code; 409: the phone is prepared, or held, or may be one of several, or the config is in use; 429: too many wrong codes.',
    permission: 'claims.create',
    body: order,
    answers: { 202: claimed },
    async handle({ caller, from, body }) {
      const done = await claim({ caller, from, phone: phoneOf(body.phone), code: new Secret(body.code), take: body.take });
      return answer(done, { ...documentOf(done), released: done.released.map(documentOf) });
    },
  });

  const undo = endpoint({
    summary: 'Put a phone back to autoprov',
    about: 'Its device has a fresh transient config. One that is in autoprov mode stays as it is, and is told.',
    permission: 'claims.release',
    body: z.strictObject({ phone }),
    answers: { 202: released },
    async handle({ caller, from, body }) {
      const done = await release({ caller, from, phone: phoneOf(body.phone) });
      return answer(done, documentOf(done));
    },
  });

  return [
    { path: '/api/v1/claims', methods: { POST: create } },
    { path: '/api/v1/claims/release', methods: { POST: undo } },
  ];
}

function phoneOf({ username, device, mac, ip }: z.output<typeof phone>): Phone {
  if (device !== undefined) return { by: 'device', value: device };
  if (mac !== undefined) return { by: 'mac', value: mac };
  if (ip !== undefined) return { by: 'ip', value: ip };
  return { by: 'username', value: username ?? '' };
}

function documentOf({ device, config, operation }: Settled) {
  return { device, config: config ?? null, operation: operationDocument(operation) };
}

const answer = ({ operation }: Settled, json: object) => ({
  status: 202,
  headers: { location: `/api/v1/operations/${operation.id}` },
  json,
});
