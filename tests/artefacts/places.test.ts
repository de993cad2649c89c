import { describe, expect, test } from '@jest/globals';
import { groupServers, placeKeys, placeLines } from '../../server/artefacts/places.ts';
import type { KeyView, LineView } from '../../server/sdk.ts';

function line(number: number, proxy: string, parts: Partial<LineView> = {}): LineView {
  return {
    number,
    username: `u${number}`,
    authUsername: `u${number}`,
    password: '',
    displayName: '',
    extension: null,
    proxy: { host: proxy, port: null },
    backupProxy: null,
    registrar: { host: proxy, port: null },
    backupRegistrar: null,
    outboundProxy: null,
    serverSet: 0,
    dtmf: null,
    srtp: 'disabled',
    voicemail: null,
    ...parts,
  };
}

function key(position: number): KeyView {
  return { position, type: 'blf', value: String(position), label: null, line: null, inCall: false };
}

describe('lines that share servers', () => {
  test('have the number of one set, in the order of the lines', () => {
    const { lines, serverSets } = groupServers([line(1, 'a'), line(2, 'b'), line(5, 'a')]);
    expect(lines.map(({ number, serverSet }) => [number, serverSet])).toEqual([
      [1, 1],
      [2, 2],
      [5, 1],
    ]);
    expect(serverSets.map(({ number, proxy }) => [number, proxy?.host])).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
  });

  test.each<[string, Partial<LineView>]>([
    ['port', { proxy: { host: 'a', port: 5061 } }],
    ['backup', { backupProxy: { host: 'b', port: null } }],
    ['outbound proxy', { outboundProxy: { host: 'b', port: null } }],
    ['registrar', { registrar: { host: 'b', port: null } }],
    ['backup registrar', { backupRegistrar: { host: 'a', port: null } }],
  ])('another %s is another set', (_, parts) => {
    expect(groupServers([line(1, 'a'), line(2, 'a', parts)]).serverSets).toHaveLength(2);
  });

  test('servers that the phones cannot be told make no difference', () => {
    const other = line(2, 'a', { registrar: { host: 'b', port: null } });
    expect(groupServers([line(1, 'a'), other], ['proxy', 'backupProxy']).lines.map(({ serverSet }) => serverSet)).toEqual([1, 1]);
  });

  test('no lines have no servers', () => {
    expect(groupServers([])).toEqual({ lines: [], serverSets: [] });
  });
});

describe('the places for lines', () => {
  const lines = [line(1, 'a'), line(3, 'a'), line(9, 'a')];

  test('are those of the model; a line beyond them has none', () => {
    expect(placeLines(lines, { lines: 4 }).map((place) => [place.number, place.line?.number])).toEqual([
      [1, 1],
      [2, undefined],
      [3, 3],
      [4, undefined],
    ]);
  });

  test('are the lines’ own when nobody knows the model', () => {
    expect(placeLines(lines, undefined).map(({ number }) => number)).toEqual([1, 3, 9]);
  });
});

describe('the places for keys', () => {
  const none = placeLines([], { lines: 0 });

  test('are counted through the phone and its modules', () => {
    const places = placeKeys([key(4)], none, { lines: 0, keys: 3, modules: { most: 2, keys: 2 } });
    expect(places.map(({ position, module, index, key: found }) => [position, module, index, found?.value])).toEqual([
      [1, 0, 1, undefined],
      [2, 0, 2, undefined],
      [3, 0, 3, undefined],
      [4, 1, 1, '4'],
      [5, 1, 2, undefined],
      [6, 2, 1, undefined],
      [7, 2, 2, undefined],
    ]);
  });

  test('of several kinds are counted through, and each from 1', () => {
    const places = placeKeys([], none, { lines: 0, keys: { top: 2, side: 1 }, modules: { most: 1, keys: 1 } });
    expect(places.map(({ position, kind, module, index }) => [position, kind, module, index])).toEqual([
      [1, 'top', 0, 1],
      [2, 'top', 0, 2],
      [3, 'side', 0, 1],
      [4, null, 1, 1],
    ]);
  });

  test('show the line of their number where no key is', () => {
    const model = { lines: 4, keys: 3 };
    const places = placeKeys([key(2)], placeLines([line(1, 'a'), line(2, 'a'), line(4, 'a')], model), model);
    expect(places.map((place) => [place.key?.value, place.line?.number])).toEqual([
      [undefined, 1],
      ['2', undefined],
      [undefined, undefined],
    ]);
  });

  test('what one phone has there is not on the next one of the model', () => {
    const model = { lines: 1, keys: 2 };
    placeKeys([key(1)], none, model);
    expect(placeKeys([], none, model).map((place) => place.key)).toEqual([null, null]);
  });

  test('there are none when nobody knows the model', () => {
    expect(placeKeys([key(1)], none, undefined)).toEqual([]);
  });
});
