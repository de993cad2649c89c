import { expect, test } from '@jest/globals';
import { RecentRequests } from '../../server/pipeline/recent-requests.ts';
import { request } from '../support/requests.ts';

const megabyte = 1_048_576;
const asked = (path: string) => request({ path });
const noFile = { kind: 'no-file' } as const;

function paths(entries: readonly { readonly request: { readonly path: string } }[]): string[] {
  return entries.map((entry) => entry.request.path);
}

test('the last requests of each device are kept, and the last of nobody, the oldest first', () => {
  const recent = new RecentRequests({ perDevice: 2, unrecognised: 3, bytes: megabyte });
  for (const path of ['/1', '/2', '/3', '/4']) {
    recent.note('a', asked(path), undefined, noFile, 1);
    recent.note(undefined, asked(path), undefined, noFile, 1);
  }
  recent.note('b', asked('/b'), undefined, noFile, 1);
  expect(paths(recent.of('a'))).toEqual(['/3', '/4']);
  expect(paths(recent.of('b'))).toEqual(['/b']);
  expect(paths(recent.of('c'))).toEqual([]);
  expect(paths(recent.unrecognised())).toEqual(['/2', '/3', '/4']);
});

test('without room, devices that did not ask for the longest time go first, and those that nobody knows never drive them out', () => {
  const recent = new RecentRequests({ perDevice: 10, unrecognised: 1_000, bytes: 100_000 });
  const long = () => request({ path: '/x', headers: { 'user-agent': 'x'.repeat(10_000) } });
  recent.note('a', long(), undefined, noFile, 1);
  recent.note('b', long(), undefined, noFile, 1);
  for (let count = 0; count < 100; count++) recent.note(undefined, { ...long(), path: `/${count}` }, undefined, noFile, 1);
  expect([recent.of('a').length, recent.of('b').length, recent.unrecognised().length]).toEqual([1, 1, 2]);
  for (let count = 0; count < 6; count++) recent.note('b', { ...long(), path: `/${count}` }, undefined, noFile, 1);
  expect([recent.of('a').length, recent.of('b').length]).toEqual([0, 7]);
});

test('with no room at all nothing is kept', () => {
  const recent = new RecentRequests({ perDevice: 10, unrecognised: 10, bytes: 0 });
  for (const device of ['a', undefined]) recent.note(device, asked('/1'), undefined, noFile, 1);
  expect([recent.of('a'), recent.unrecognised()]).toEqual([[], []]);
  const none = new RecentRequests({ perDevice: 0, unrecognised: 0, bytes: megabyte });
  for (const device of ['a', undefined]) none.note(device, asked('/1'), undefined, noFile, 1);
  expect([none.of('a'), none.unrecognised()]).toEqual([[], []]);
});

test('headers with credentials are not kept, and the request that is being answered keeps them', () => {
  const recent = new RecentRequests({ perDevice: 10, unrecognised: 10, bytes: megabyte });
  const headers = { 'user-agent': 'Phone 1', authorization: 'Basic secret', cookie: 'secret', 'proxy-authorization': 'secret' };
  const mine = request({ path: '/x', headers });
  recent.note('a', mine, undefined, noFile, 1);
  expect(recent.of('a')[0]?.request.headers).toEqual({ 'user-agent': 'Phone 1' });
  expect(mine.headers).toBe(headers);
});

test('a request without credentials is kept as it is: nothing is copied', () => {
  const recent = new RecentRequests({ perDevice: 10, unrecognised: 10, bytes: megabyte });
  const mine = asked('/x');
  recent.note('a', mine, 'tenant', { kind: 'file', file: 'x', bytes: 3, digest: 'd' }, 2);
  expect(recent.of('a')[0]?.request).toBe(mine);
  expect(recent.of('a')[0]).toMatchObject({ tenant: 'tenant', became: { kind: 'file', file: 'x' }, answeredMs: 2 });
});

test('the same request with the same outcome is counted, and comes last again', () => {
  const recent = new RecentRequests({ perDevice: 3, unrecognised: 10, bytes: megabyte });
  const file = (digest: string) => ({ kind: 'file', file: 'x', bytes: 3, digest }) as const;
  recent.note('a', asked('/boot'), undefined, noFile, 1);
  const polled = recent.note('a', asked('/x'), undefined, file('one'), 1);
  polled.takenMs = 9;
  recent.note('a', asked('/boot'), undefined, noFile, 1);
  expect(recent.note('a', asked('/x'), undefined, file('one'), 2)).toBe(polled);
  expect(recent.of('a').map(({ request: { path }, times }) => [path, times])).toEqual([
    ['/boot', 2],
    ['/x', 2],
  ]);
  expect(polled).toMatchObject({ answeredMs: 2, takenMs: undefined });
  recent.note('a', asked('/x'), undefined, file('two'), 1);
  recent.note('a', asked('/x'), 'tenant', file('two'), 1);
  expect(recent.of('a').map(({ became, tenant, times }) => [became, tenant, times])).toEqual([
    [file('one'), undefined, 2],
    [file('two'), undefined, 1],
    [file('two'), 'tenant', 1],
  ]);
});

test.each<[string, Partial<Parameters<typeof request>[0]>]>([
  ['another address', { ip: '10.0.0.9' }],
  ['another transport', { transport: 'tftp' }],
  ['another query', { query: 'a' }],
  ['another User-Agent', { headers: { 'user-agent': 'b' } }],
  ['another option', { options: new Map([[60, Buffer.from('b')]]) }],
])('a request with %s is another one', (_, change) => {
  const recent = new RecentRequests({ perDevice: 3, unrecognised: 10, bytes: megabyte });
  const same = { path: '/x', headers: { 'user-agent': 'a' }, options: new Map([[60, Buffer.from('a')]]) };
  for (const each of [same, same, { ...same, ...change }]) recent.note('a', request(each), undefined, noFile, 1);
  expect(recent.of('a').map(({ times }) => times)).toEqual([2, 1]);
});
