import { randomUUID } from 'node:crypto';
import type Sqlite from 'better-sqlite3';
import { ProvisioningError } from '../../lib/errors.ts';

/** `PRAGMA application_id` of our files: "Offh" in ASCII. `file(1)` and we tell by it whose database a file is. */
const APPLICATION_ID = 0x4f666668;

export type Migration = (sqlite: Sqlite.Database) => void;

/** The n-th takes a store from version n - 1 to n. One that was released is never changed again: append another. */
export const MIGRATIONS: readonly Migration[] = [
  createStore,
  addChanges,
  addOperations,
  addLeases,
  addParents,
  addTokens,
  addUsers,
  addHistory,
  addListIndexes,
  addRepeats,
  addParameters,
  addSync,
  addCodes,
];

/** @throws ProvisioningError store-foreign for another program's database, store-too-new for one of a later release. */
export function checkOrigin(sqlite: Sqlite.Database, file: string): void {
  // In one look: another process may be making the store just now.
  const { application, tables } = sqlite
    .prepare<[], { application: number; tables: number }>(
      'SELECT application_id AS application, (SELECT count(*) FROM sqlite_schema) AS tables FROM pragma_application_id',
    )
    .get() ?? { application: 0, tables: 0 };
  if (application !== APPLICATION_ID && tables > 0) {
    throw new ProvisioningError(
      'store-foreign',
      `The store ${file}: the file is a database of another program. Move it away, or name another data directory`,
    );
  }
  const version = versionOf(sqlite);
  if (version > MIGRATIONS.length) {
    throw new ProvisioningError(
      'store-too-new',
      `The store ${file} has version ${version}, and this release of Offhook knows versions up to ${MIGRATIONS.length}. ` +
        'Run the release that wrote it or a later one, or restore a backup from before that upgrade',
    );
  }
}

/** Takes the store to the newest version, one transaction for each step: killed between two, it goes on from there. */
export function migrate(sqlite: Sqlite.Database, migrations: readonly Migration[] = MIGRATIONS): void {
  const step = sqlite.transaction(() => {
    // Read under the lock: another process may have come first.
    const version = versionOf(sqlite);
    const migration = migrations[version];
    migration?.(sqlite);
    // The last round has nothing to do but this: only one who writes learns from SQLite that the file cannot be written.
    sqlite.pragma(`user_version = ${migration ? version + 1 : version}`);
    return migration !== undefined;
  });
  while (step.immediate());
}

function versionOf(sqlite: Sqlite.Database): number {
  return Number(sqlite.pragma('user_version', { simple: true }));
}

// `ordinal` says what came first among those of one millisecond. Maps are JSON text, because it keeps the order of keys; an empty
// one is NULL. Configs and plugins may be named before they exist, so that they are no foreign keys.
function createStore(sqlite: Sqlite.Database): void {
  sqlite.pragma(`application_id = ${APPLICATION_ID}`);
  sqlite.exec(`
    CREATE TABLE tenants (
      ordinal INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      name TEXT NOT NULL UNIQUE,
      main INTEGER NOT NULL,
      provisioningKey TEXT UNIQUE,
      created INTEGER NOT NULL,
      updated INTEGER NOT NULL,
      revision INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX tenants_main ON tenants (main) WHERE main = 1;

    CREATE TABLE devices (
      ordinal INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      tenant TEXT NOT NULL REFERENCES tenants (id),
      mac TEXT,
      serial TEXT,
      uuid TEXT,
      ip TEXT,
      vendor TEXT,
      model TEXT,
      version TEXT,
      plugin TEXT,
      pinned INTEGER NOT NULL,
      config TEXT,
      approved INTEGER NOT NULL,
      added TEXT,
      description TEXT,
      options TEXT,
      extra TEXT,
      created INTEGER NOT NULL,
      updated INTEGER NOT NULL,
      revision INTEGER NOT NULL,
      configured INTEGER NOT NULL DEFAULT 0,
      problem TEXT,
      seenAt INTEGER,
      seenIp TEXT
    ) STRICT;
    CREATE UNIQUE INDEX devices_tenant_mac ON devices (tenant, mac) WHERE mac IS NOT NULL;
    CREATE INDEX devices_mac ON devices (mac);
    CREATE INDEX devices_serial ON devices (serial);
    CREATE INDEX devices_uuid ON devices (uuid);
    CREATE INDEX devices_ip ON devices (ip);
    CREATE INDEX devices_config ON devices (config);
    CREATE INDEX devices_plugin ON devices (plugin);
    CREATE INDEX devices_created ON devices (created);
    CREATE INDEX devices_tenant_created ON devices (tenant, created);

    CREATE TABLE deliveries (
      device TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
      artefact TEXT NOT NULL,
      digest TEXT NOT NULL,
      at INTEGER NOT NULL,
      ip TEXT NOT NULL,
      transport TEXT NOT NULL,
      PRIMARY KEY (device, artefact)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE configs (
      ordinal INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      tenant TEXT NOT NULL REFERENCES tenants (id),
      raw TEXT,
      role TEXT,
      transient INTEGER NOT NULL,
      deletable INTEGER NOT NULL,
      extra TEXT,
      created INTEGER NOT NULL,
      updated INTEGER NOT NULL,
      revision INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX configs_created ON configs (created);
    CREATE INDEX configs_tenant_created ON configs (tenant, created);
    CREATE INDEX configs_role ON configs (role) WHERE role IS NOT NULL;

    CREATE TABLE config_parents (
      config TEXT NOT NULL REFERENCES configs (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      parent TEXT NOT NULL,
      PRIMARY KEY (config, position)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX config_parents_parent ON config_parents (parent);
  `);
  const now = Date.now();
  sqlite
    .prepare('INSERT INTO tenants (id, name, main, created, updated, revision) VALUES (?, ?, 1, ?, ?, 1)')
    .run(randomUUID(), 'main', now, now);
}

// What the processes of one server tell each other: see `Changes`.
function addChanges(sqlite: Sqlite.Database): void {
  sqlite.exec(`
    CREATE TABLE changes (
      sequence INTEGER PRIMARY KEY,
      writer INTEGER NOT NULL,
      kind TEXT NOT NULL,
      id TEXT NOT NULL
    ) STRICT;
  `);
}

// Whole: they are read at the start, all of them, and nothing is looked for in them here.
function addOperations(sqlite: Sqlite.Database): void {
  sqlite.exec(`
    CREATE TABLE operations (
      ordinal INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      operation TEXT NOT NULL
    ) STRICT;
  `);
}

// Read whole at the start, and looked up nowhere but in memory.
function addLeases(sqlite: Sqlite.Database): void {
  sqlite.exec(`
    CREATE TABLE leases (
      address TEXT NOT NULL PRIMARY KEY,
      subnet TEXT NOT NULL,
      client TEXT NOT NULL,
      mac TEXT,
      hostName TEXT,
      vendorClass TEXT,
      vendor TEXT,
      known INTEGER NOT NULL,
      circuit TEXT NOT NULL,
      state TEXT NOT NULL,
      since INTEGER NOT NULL,
      expires INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
  `);
}

// The main tenant is the root; until now all others stood beside each other.
function addParents(sqlite: Sqlite.Database): void {
  sqlite.exec(`
    ALTER TABLE tenants ADD COLUMN parent TEXT REFERENCES tenants (id);
    UPDATE tenants SET parent = (SELECT id FROM tenants WHERE main = 1) WHERE main = 0;
    CREATE INDEX tenants_parent ON tenants (parent);
  `);
}

// A tenant's tokens go with it: they would open nothing.
function addTokens(sqlite: Sqlite.Database): void {
  sqlite.exec(`
    CREATE TABLE tokens (
      ordinal INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      name TEXT NOT NULL,
      tenant TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
      permissions TEXT NOT NULL,
      digest TEXT NOT NULL UNIQUE,
      maker TEXT NOT NULL,
      created INTEGER NOT NULL,
      expires INTEGER,
      used INTEGER
    ) STRICT;
    CREATE INDEX tokens_tenant ON tokens (tenant);
  `);
}

// A tenant's users go with it, as its tokens do; a user's sessions go with the user.
function addUsers(sqlite: Sqlite.Database): void {
  sqlite.exec(`
    CREATE TABLE users (
      ordinal INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      name TEXT NOT NULL UNIQUE,
      tenant TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
      permissions TEXT NOT NULL,
      password TEXT NOT NULL,
      disabled INTEGER NOT NULL,
      generation INTEGER NOT NULL,
      maker TEXT NOT NULL,
      created INTEGER NOT NULL,
      updated INTEGER NOT NULL,
      revision INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX users_tenant ON users (tenant);

    CREATE TABLE sessions (
      ordinal INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
      generation INTEGER NOT NULL,
      digest TEXT NOT NULL UNIQUE,
      source TEXT NOT NULL,
      created INTEGER NOT NULL,
      expires INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX sessions_user ON sessions (user);
    CREATE INDEX sessions_expires ON sessions (expires);
  `);
}

// Whoever has no id has an empty one. Rows with one value in an index lie there in the order of their numbers: a list begins where it
// is to begin, and is not sorted. The pairs are those that lists ask for of which each alone may have a million entries. Of versions,
// columns have the names that they have in configs.
function addHistory(sqlite: Sqlite.Database): void {
  sqlite.exec(`
    CREATE TABLE audit (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,
      kind TEXT NOT NULL,
      actor TEXT NOT NULL,
      name TEXT,
      ip TEXT,
      resource TEXT NOT NULL,
      id TEXT NOT NULL,
      tenant TEXT,
      revision INTEGER,
      action TEXT NOT NULL,
      diff TEXT
    ) STRICT;
    CREATE INDEX audit_at ON audit (at);
    CREATE INDEX audit_id ON audit (id);
    CREATE INDEX audit_resource ON audit (resource);
    CREATE INDEX audit_tenant ON audit (tenant) WHERE tenant IS NOT NULL;
    CREATE INDEX audit_tenant_resource ON audit (tenant, resource) WHERE tenant IS NOT NULL;
    CREATE INDEX audit_who ON audit (kind, actor);
    CREATE INDEX audit_who_resource ON audit (kind, actor, resource);

    CREATE TABLE config_versions (
      ordinal INTEGER PRIMARY KEY,
      id TEXT NOT NULL,
      revision INTEGER NOT NULL,
      tenant TEXT NOT NULL,
      parents TEXT NOT NULL,
      role TEXT,
      transient INTEGER NOT NULL,
      deletable INTEGER NOT NULL,
      created INTEGER NOT NULL,
      updated INTEGER NOT NULL,
      replaced INTEGER NOT NULL,
      entry INTEGER NOT NULL,
      extra TEXT,
      raw TEXT
    ) STRICT;
    CREATE UNIQUE INDEX config_versions_id_revision ON config_versions (id, revision);
    CREATE INDEX config_versions_replaced ON config_versions (replaced);
  `);
}

// Lists are read from an index in their order, whatever the number of rows: each column that they are sorted or filtered by has one, in
// which rows with the same value lie as they were made.
function addListIndexes(sqlite: Sqlite.Database): void {
  sqlite.exec(`
    ALTER TABLE devices ADD COLUMN state TEXT GENERATED ALWAYS AS
      (CASE WHEN approved = 0 THEN 'held' WHEN configured = 1 THEN 'configured' ELSE 'failing' END) VIRTUAL;
    DROP INDEX devices_mac;
    DROP INDEX devices_serial;
    DROP INDEX devices_uuid;
    DROP INDEX devices_ip;
    DROP INDEX devices_config;
    DROP INDEX devices_plugin;
    CREATE INDEX devices_mac ON devices (mac, created);
    CREATE INDEX devices_serial ON devices (serial, created);
    CREATE INDEX devices_uuid ON devices (uuid, created);
    CREATE INDEX devices_ip ON devices (ip, created);
    CREATE INDEX devices_config ON devices (config, created);
    CREATE INDEX devices_plugin ON devices (plugin, created);
    CREATE INDEX devices_vendor ON devices (vendor, created);
    CREATE INDEX devices_model ON devices (model, created);
    CREATE INDEX devices_version ON devices (version, created);
    CREATE INDEX devices_description ON devices (description COLLATE NOCASE, created);
    CREATE INDEX devices_updated ON devices (updated, created);
    CREATE INDEX devices_seen ON devices (seenAt, created);
    CREATE INDEX devices_added ON devices (added, created);
    CREATE INDEX devices_pinned ON devices (pinned, created);
    CREATE INDEX devices_approved ON devices (approved, created);
    CREATE INDEX devices_configured ON devices (configured, created);
    CREATE INDEX devices_state ON devices (state, created);
    CREATE INDEX devices_serial_beginning ON devices (serial COLLATE NOCASE);
    CREATE INDEX devices_model_beginning ON devices (model COLLATE NOCASE);
    DROP INDEX configs_role;
    CREATE INDEX configs_role ON configs (role, created);
    CREATE INDEX configs_transient ON configs (transient, created);
    CREATE INDEX configs_updated ON configs (updated, created);
  `);
}

// Requests that are to be done once, with what was answered; until then without.
function addRepeats(sqlite: Sqlite.Database): void {
  sqlite.exec(`
    CREATE TABLE repeats (
      ordinal INTEGER PRIMARY KEY,
      caller TEXT NOT NULL,
      key TEXT NOT NULL,
      fingerprint TEXT NOT NULL,
      begun INTEGER NOT NULL,
      status INTEGER,
      headers TEXT,
      body TEXT
    ) STRICT;
    CREATE UNIQUE INDEX repeats_caller_key ON repeats (caller, key);
    CREATE INDEX repeats_begun ON repeats (begun);
  `);
}

// What clients of provd set. Read whole at the start.
function addParameters(sqlite: Sqlite.Database): void {
  sqlite.exec('CREATE TABLE parameters (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT');
}

// Of what a device fetched: what it would get now; empty where it has no such file any more; without where nobody has looked. `inSync` follows
// from that: 1, 0, or NULL before it has fetched anything. `device_accounts` has the usernames of all lines in what it fetched last, `account` the first of them;
// `url` is the one under which it reaches the server, if not the usual one. Of each device the last time that somebody wanted it to be told.
function addSync(sqlite: Sqlite.Database): void {
  sqlite.exec(`
    ALTER TABLE deliveries ADD COLUMN wanted TEXT;
    ALTER TABLE devices ADD COLUMN inSync INTEGER;
    ALTER TABLE devices ADD COLUMN account TEXT;
    ALTER TABLE devices ADD COLUMN url TEXT;
    CREATE INDEX devices_inSync ON devices (inSync, created);

    CREATE TABLE device_accounts (
      username TEXT NOT NULL,
      device TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
      PRIMARY KEY (username, device)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX device_accounts_device ON device_accounts (device);

    CREATE TABLE resyncs (
      device TEXT NOT NULL PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
      operation TEXT NOT NULL,
      requested INTEGER NOT NULL,
      told INTEGER,
      way TEXT,
      problem TEXT
    ) STRICT, WITHOUT ROWID;
  `);
}

// What phones are claimed by.
function addCodes(sqlite: Sqlite.Database): void {
  sqlite.exec(`
    ALTER TABLE configs ADD COLUMN code TEXT;
    ALTER TABLE config_versions ADD COLUMN code TEXT;
    CREATE UNIQUE INDEX configs_tenant_code ON configs (tenant, code) WHERE code IS NOT NULL;
  `);
}
