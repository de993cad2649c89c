import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import type { Store } from '../../server/store/store.ts';
import { type Compiled, compile } from '../support/compile.ts';
import { leasesOf } from '../support/lease-writer.ts';
import { configAt, deviceAt, endsDeleted, LAST } from '../support/store-writer.ts';

let directory: string;
let storeWriter: Compiled;
let leaseWriter: Compiled;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'offhook-kill-'));
  storeWriter = compile('tests/support/store-writer.ts');
  leaseWriter = compile('tests/support/lease-writer.ts');
});
afterAll(() => {
  storeWriter.remove();
  leaseWriter.remove();
  rmSync(directory, { recursive: true });
});

/** Starts a writer and kills it. @returns what it said, line by line */
async function linesUntilKilled({ program }: Compiled, file: string, prefix: string, atStart: boolean): Promise<string[]> {
  const writer = spawn(process.execPath, [program, file, prefix], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(writer, 'exit');
  const said = text(writer.stdout);
  // Node needs some 100 ms to come as far as opening the store; the writer's first words come after that.
  if (atStart) await sleep(50 + Math.random() * 150);
  else await Promise.race([once(writer.stdout, 'readable'), exited]).then(() => sleep(Math.random() * 60));
  writer.kill('SIGKILL');
  expect(await exited).toEqual([null, 'SIGKILL']);
  // A last line without an end was cut off by the kill.
  return (await said).split('\n').slice(0, -1);
}

/** @returns the last acknowledged revision by `device ID` and `config ID`; 0 is a deletion. */
async function writeUntilKilled(file: string, prefix: string, atStart: boolean): Promise<Map<string, number>> {
  const lines = await linesUntilKilled(storeWriter, file, prefix, atStart);
  return new Map(
    lines.map((line) => {
      const [, record = '', revision] = /^(\w+ \S+) (\d+)$/.exec(line) ?? [];
      return [record, Number(revision)];
    }),
  );
}

/** What the store lost of what it acknowledged, in words: nothing, if all is well. */
async function lost(store: Store, acknowledged: ReadonlyMap<string, number>): Promise<string[]> {
  const [main] = await store.tenants.list();
  const tenant = main?.id ?? '';
  const losses: string[] = [];
  for (const [record, revision] of acknowledged) {
    const [kind, id = ''] = record.split(' ');
    const stored = kind === 'device' ? await store.devices.get(id) : await store.configs.get(id);
    if (!stored) {
      // The writer may have been killed between the commit of a deletion and the word about it.
      const deleted = revision === 0 || (revision === LAST && endsDeleted(kind ?? '', id));
      if (!deleted) losses.push(`${record}: revision ${revision} was acknowledged, none is stored`);
      continue;
    }
    if (revision === 0 || stored.revision < revision || stored.revision > revision + 1) {
      losses.push(`${record}: revision ${revision} was acknowledged, ${stored.revision} is stored`);
    }
    const expected =
      kind === 'device'
        ? { ...deviceAt(id, tenant, stored.revision), condition: { configured: false } }
        : configAt(id, tenant, stored.revision);
    expect(stored).toStrictEqual(expected);
  }
  return losses;
}

/** What the history lacks, or has too much, of what is stored, in words: nothing, if all is well. */
async function unnoted(store: Store, acknowledged: ReadonlyMap<string, number>): Promise<string[]> {
  const wrong: string[] = [];
  for (const record of acknowledged.keys()) {
    const [resource = '', id = ''] = record.split(' ');
    const stored = resource === 'device' ? await store.devices.get(id) : await store.configs.get(id);
    const entries = await store.history.entries({ resource, id, limit: 100 });
    const said = entries.map(({ action, what }) => `${action} ${what.revision}`).reverse();
    const made = stored?.revision ?? LAST;
    const changes = Array.from({ length: made - 1 }, (_, index) => `changed ${index + 2}`);
    const expected = ['created 1', ...changes, ...(stored ? [] : [`removed ${LAST}`])];
    if (said.join() !== expected.join()) wrong.push(`${record}: ${said.join()} is noted of ${expected.join()}`);
  }
  return wrong;
}

test('killed 100 times while it writes, the store opens whole and has every acknowledged write, each with its entry', async () => {
  const acknowledged = new Map<string, Map<string, number>>();
  for (let round = 0; round < 100; round++) {
    // A fresh store every tenth time, killed while it is made.
    const file = join(directory, `data-${Math.floor(round / 10)}`, 'store.db');
    const said = await writeUntilKilled(file, `${round}`, round % 10 === 0);
    const all = acknowledged.get(file) ?? new Map();
    acknowledged.set(file, all);
    for (const [record, revision] of said) all.set(record, revision);

    const store = await openSqliteStore(file);
    const database = new Sqlite(file);
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(database.pragma('foreign_key_check')).toEqual([]);
    database.close();
    expect(await lost(store, round % 10 === 9 ? all : said)).toEqual([]);
    expect(await unnoted(store, round % 10 === 9 ? all : said)).toEqual([]);
    await store.close();
  }
  // Else the writers wrote nothing and the test proved nothing.
  expect([...acknowledged.values()].reduce((sum, { size }) => sum + size, 0)).toBeGreaterThan(1_000);
}, 300_000);

test('killed 30 times while it gives leases, the server has every lease that it acknowledged when it starts again', async () => {
  const file = join(directory, 'leases', 'store.db');
  const acknowledged = new Map<string, { readonly mac: string; readonly expires: number }>();
  const addresses = new Set<string>();
  for (let round = 0; round < 30; round++) {
    for (const line of await linesUntilKilled(leaseWriter, file, `${round}`, false)) {
      const [, what, address = '', mac = '', expires] = /^(bound|released) (\S+) (\S+) (\d+)$/.exec(line) ?? [];
      if (what === 'bound') acknowledged.set(address, { mac, expires: Number(expires) });
      else expect(acknowledged.get(address)?.mac).toBe(mac);
      if (what === 'released') acknowledged.delete(address);
      addresses.add(address);
    }
    const store = await openSqliteStore(file);
    const leases = leasesOf(store);
    await leases.start();
    const stored = new Map(leases.list().leases.map((lease) => [lease.address as string, lease]));
    for (const [address, { mac, expires }] of acknowledged) {
      const lease = stored.get(address);
      // One whose release was written, and not acknowledged before the kill, is released.
      expect(lease).toMatchObject(lease?.state === 'released' ? { mac } : { mac, expires, state: 'bound' });
      if (lease?.state === 'released') acknowledged.delete(address);
    }
    await leases.close();
    await store.close();
  }
  // Else the writers gave nothing and the test proved nothing.
  expect(addresses.size).toBeGreaterThan(300);
}, 120_000);
