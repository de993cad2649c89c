import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach } from '@jest/globals';
import type { Config } from '../../server/configs/model.ts';
import type { Device } from '../../server/devices/model.ts';
import { type OrderedJson, parseOrdered } from '../../server/lib/ordered-json.ts';
import type { Store } from '../../server/store/store.ts';
import type { Tenant } from '../../server/tenants/model.ts';

/** Hands out an empty store each time. */
export type Open = () => Promise<{ store: Store; close: () => Promise<void> }>;

type Fields<T extends { id: string }> = Partial<T> & { readonly id: string };

/** Texts that a careless store mangles or trips over. */
export const UNUSUAL = [
  '',
  ' ',
  '😀 é e\u0301 \u202e',
  `it's "quoted"`,
  "'; DROP TABLE devices; --",
  '\\ \n\r\t %_*?',
  'null',
  '{"a":1}',
  '007',
  'x'.repeat(100_000),
];

/** A fresh store for every test of the suite, and records to put into it. */
export class Stage {
  #opened: Awaited<ReturnType<Open>> | undefined;
  #main = '';

  constructor(open: Open) {
    beforeEach(async () => {
      this.#opened = await open();
      this.#main = (await this.store.tenants.list())[0]?.id ?? '';
    });
    afterEach(() => this.#opened?.close());
  }

  get store(): Store {
    if (!this.#opened) throw new Error('Only a test has a store');
    return this.#opened.store;
  }

  /** Id of the main tenant. */
  get main(): string {
    return this.#main;
  }

  device(fields: Fields<Device>): Device {
    return { ...common(this.main), pinned: false, approved: true, options: new Map(), ...fields };
  }

  config(fields: Fields<Config>): Config {
    return { ...common(this.main), parents: [], raw: new Map(), transient: false, deletable: true, ...fields };
  }

  tenant(fields: Partial<Tenant> & { readonly name: string }): Tenant {
    const now = Date.now();
    return { id: randomUUID(), main: false, created: now, updated: now, revision: 1, ...fields };
  }

  async addDevices(...fields: Fields<Device>[]): Promise<void> {
    await Promise.all(fields.map((each) => this.store.devices.insert(this.device(each))));
  }

  async addConfigs(...fields: Fields<Config>[]): Promise<void> {
    await Promise.all(fields.map((each) => this.store.configs.insert(this.config(each))));
  }

  async addTenant(fields: Partial<Tenant> & { readonly name: string }): Promise<Tenant> {
    const added = this.tenant(fields);
    await this.store.tenants.insert(added);
    return added;
  }
}

function common(tenant: string) {
  return { tenant, extra: new Map(), created: 1_700_000_000_000, updated: 1_700_000_000_000, revision: 1 };
}

export function json(text: string): Map<string, OrderedJson> {
  return parseOrdered(text) as Map<string, OrderedJson>;
}
