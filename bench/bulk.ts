import { startOffhook } from './support/offhook.ts';
import type { Part, Row } from './support/table.ts';
import { yealink } from './support/vendors.ts';

const created = 2_000;
const updated = 1_000;
/** So many single requests tell what one costs. */
const singles = 200;

const macOf = (index: number) =>
  `02:00:00:00:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}`;
const device = (index: number) => ({
  id: `bulk-${index}`,
  mac: macOf(index),
  vendor: 'Yealink',
  model: 'T46S',
  description: `Desk ${index}`,
});
const csvOf = (count: number) =>
  [
    'id,mac,vendor,model,description',
    ...Array.from({ length: count }, (_, index) => Object.values(device(index)).join(',')),
  ].join('\r\n');

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1_000;
}

async function run(): Promise<Row[]> {
  const server = await startOffhook({ vendor: yealink, phones: [], packages: 1 });
  const bulk = (rows: readonly object[], order: object = {}) => server.ask('POST', '/api/v1/bulk/devices', { ...order, rows });
  const additions = Array.from({ length: created }, (_, index) => ({ create: device(index) }));
  const changes = Array.from({ length: updated }, (_, index) => ({ update: { id: `bulk-${index}`, description: 'Moved' } }));
  const clear = () => bulk([{ where: {}, delete: {} }]);
  try {
    const oneCreate = await timed(async () => {
      for (const { create } of additions.slice(0, singles)) await server.ask('POST', '/api/v1/devices', create);
    });
    await clear();
    const dry = await timed(() => bulk(additions, { dry_run: true }));
    const create = await timed(() => bulk(additions));
    const oneUpdate = await timed(async () => {
      for (let index = 0; index < singles; index++)
        await server.ask('PATCH', `/api/v1/devices/bulk-${index}`, { description: 'First' });
    });
    const update = await timed(() => bulk(changes));
    const atomic = await timed(() =>
      bulk(
        changes.map(({ update: { id } }) => ({ update: { id, description: 'Back' } })),
        { atomic: true },
      ),
    );
    const where = await timed(() => bulk([{ where: { vendor: 'Yealink' }, update: { description: 'All' } }]));
    const exported = await timed(() => server.ask('GET', '/api/v1/devices.csv'));
    await clear();
    const imported = await timed(() => server.ask('POST', '/api/v1/devices.csv', csvOf(created)));
    const alone = (seconds: number, count: number) => ({ name: 'one request each', figure: (seconds / singles) * count });
    const many = (count: number) => `${count.toLocaleString('en')} devices`;
    return [
      { what: `${many(created)} created in bulk`, ours: create, unit: 's', target: { most: 2 } },
      { what: `${many(created)} created in bulk`, ours: create, unit: 's', peer: alone(oneCreate, created) },
      { what: `${many(created)} created in bulk, as a dry run`, ours: dry, unit: 's' },
      { what: `${many(updated)} updated in bulk`, ours: update, unit: 's', peer: alone(oneUpdate, updated) },
      { what: `${many(updated)} updated in bulk, all or none`, ours: atomic, unit: 's', peer: alone(oneUpdate, updated) },
      { what: `${many(created)} updated by a filter`, ours: where, unit: 's', peer: alone(oneUpdate, created) },
      { what: `${many(created)} imported from CSV`, ours: imported, unit: 's', target: { most: 2 } },
      { what: `${many(created)} exported as CSV`, ours: exported, unit: 's' },
    ];
  } finally {
    await server.stop();
  }
}

export const bulk: Part = {
  name: 'bulk',
  about:
    'Devices are created, changed, exported and imported many at once over the API, everything on disk when it answers, while their files are rendered ahead as always. ' +
    `What one request each costs is told by ${singles} of them in the same run, one after the other.`,
  run,
};
