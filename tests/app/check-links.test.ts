import { afterEach, expect, test } from '@jest/globals';
import { checkLinksRegularly } from '../../server/app/check-links.ts';
import type { FirmwareService } from '../../server/firmware/service.ts';
import { createLog } from '../../server/lib/log.ts';
import { operationNotifier } from '../../server/operations/notifier.ts';
import { operationService } from '../../server/operations/service.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import { eventually } from '../support/eventually.ts';

const day = 86_400_000;
const lines: string[] = [];
const log = createLog({ level: 'info', format: 'json', sink: { write: (line) => void lines.push(line) } });
let close: () => Promise<void> = async () => {};
afterEach(() => close());

async function stage(days: number) {
  const store = await openSqliteStore(':memory:');
  let time = 1_000 * day;
  const now = () => time;
  const operations = operationService({
    dao: store.operations,
    notifier: operationNotifier(),
    log,
    keep: 100,
    keepMs: 100 * day,
    now,
  });
  await operations.takeOver();
  const asked: (readonly string[])[] = [];
  const file = { id: 'f', name: 'f.rom', url: 'http://vendor.example/f.rom', size: 1, sums: new Map(), authenticated: false };
  const firmware = {
    list: () => [{ vendor: 'acme', package: { id: 'rom' } }],
    async check(keys: readonly string[]) {
      asked.push(keys);
      const gone = { file, state: { kind: 'gone', status: 404, words: 'it is not there (404)' }, firmware: keys };
      return { files: [gone], broken: new Map() };
    },
  } as unknown as FirmwareService;
  const stop = checkLinksRegularly({ firmware, operations, log, days, now, lookMs: 5 });
  close = async () => {
    stop();
    await operations.close();
    await store.close();
  };
  return { asked, pass: (more: number) => (time += more), operations };
}

test('vendors are asked at first and then every so many days, and what is gone is logged', async () => {
  const { asked, pass, operations } = await stage(7);
  await eventually(() => expect(asked).toEqual([['acme/rom']]));
  await eventually(() => expect(operations.running).toBe(0));
  expect(lines.join('')).toContain('"event":"firmware.link-gone","file":"f.rom","url":"http://vendor.example/f.rom"');
  pass(7 * day - 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(asked).toHaveLength(1);
  pass(1);
  await eventually(() => expect(asked).toHaveLength(2));
});

test('with 0 nobody is asked', async () => {
  const { asked } = await stage(0);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(asked).toEqual([]);
});
