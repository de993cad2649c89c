import { createHash } from 'node:crypto';
import type { Caller } from '../access/model.ts';
import { fromPlain, type OrderedJson, stringifyOrdered } from '../lib/ordered-json.ts';
import type { ApiParts } from './parts.ts';
import { HttpProblem } from './problem.ts';
import type { Answer, Endpoint } from './route.ts';

/** How long an answer is kept: longer than a program tries again by itself. */
const keepMs = 24 * 3_600_000;

export interface Asked {
  readonly caller: Caller;
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly body: OrderedJson | undefined;
  /** The header `Idempotency-Key`, as it came. */
  readonly key: string;
}

/**
 * Does what is asked once for each key of a caller (draft-ietf-httpapi-idempotency-key-header): whoever asks again, because no answer came, gets the
 * answer that there was.
 *
 * It is noted before the work that it begins, and its answer after it. So nothing is done twice, also when the server ends in between: then nobody knows
 * whether it was done, and who asks again is told so. What was refused has changed nothing, and may be asked again.
 *
 * @throws HttpProblem 400 for what is no key, 409 while it goes on or when nobody knows, 422 for another request of the same key; whatever the work throws
 */
export async function doneOnce(
  asked: Asked,
  endpoint: Endpoint,
  { repeats }: Pick<ApiParts, 'repeats'>,
  work: () => Promise<Answer>,
): Promise<Answer> {
  const of = { caller: `${asked.caller.kind} ${asked.caller.id}`, key: readKey(asked.key), fingerprint: fingerprintOf(asked) };
  const now = Date.now();
  const known = await repeats.begin(of, now, now - keepMs);
  if (known) return repeated(known, of.fingerprint);
  let answer: Answer;
  try {
    answer = await work();
  } catch (cause) {
    await repeats.forget(of);
    throw cause;
  }
  await repeats.keep(of, endpoint.tellsSecret ? withheld : keptOf(answer));
  return answer;
}

const withheld = { status: 0, headers: {} };

function repeated(known: Awaited<ReturnType<ApiParts['repeats']['begin']>> & object, fingerprint: string): Answer {
  if (known.fingerprint !== fingerprint)
    throw new HttpProblem(422, 'idempotency-key-reused', 'Another request had this Idempotency-Key; each needs one of its own');
  if (!known.answer) {
    const told =
      'A request with this Idempotency-Key has begun and not ended: it goes on, or the server ended meanwhile. Look what there is before you ask with another key';
    throw new HttpProblem(409, 'idempotency-undecided', told);
  }
  const { status, headers, body } = known.answer;
  if (status === 0)
    throw new HttpProblem(
      409,
      'idempotency-answer-secret',
      'This was done. Its answer had a secret, which is not kept; look what there is',
    );
  return { status, headers, ...(body !== undefined && { bytes: body }) };
}

function keptOf({ status, headers = {}, json, bytes }: Answer) {
  const body = json === undefined ? bytes?.toString() : `${stringifyOrdered(fromPlain(json))}\n`;
  const type: Record<string, string> = json === undefined ? {} : { 'content-type': 'application/json' };
  return {
    status: status ?? (body === undefined ? 204 : 200),
    headers: { ...type, ...headers },
    ...(body !== undefined && { body }),
  };
}

/** A string of structured fields (RFC 9651), or the same without its quotes. */
function readKey(text: string): string {
  const [, quoted, bare] = /^(?:"([\x20-\x7e]{1,255})"|([\x21\x23-\x7e]{1,255}))$/.exec(text.trim()) ?? [];
  const key = quoted ?? bare;
  if (key !== undefined) return key;
  const complaints = [{ path: 'Idempotency-Key', message: 'must be 1 to 255 visible characters, such as a UUID' }];
  throw new HttpProblem(400, 'header-invalid', 'The header Idempotency-Key must be 1 to 255 visible characters, such as a UUID', {
    complaints,
  });
}

function fingerprintOf({ method, url, body }: Asked): string {
  const text = JSON.stringify([method, url, body === undefined ? '' : stringifyOrdered(body)]);
  return createHash('sha256').update(text).digest('hex');
}
