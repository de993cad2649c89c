import { keepHeapSmall } from '../../server/lib/heap.ts';
import { phonesOf } from './fleet.ts';
import { bundled, createRenderer, ingredientsOf } from './rendering.ts';
import { yealink } from './vendors.ts';

/*
 * Makes the files of so many phones in a process that does nothing else, and prints the seconds that it took. Not the first time: a server's
 * code is compiled by then, too.
 */
keepHeapSmall();
const phones = phonesOf(yealink, Number(process.argv[2]));
const plugin = (await bundled()).plugin(yealink.plugin);
if (!plugin) throw new Error(`there is no plugin ${yealink.plugin}`);
const renderer = await createRenderer();
const makeAll = (): number => {
  const started = performance.now();
  for (const [index, phone] of phones.entries()) renderer.render(ingredientsOf(plugin, yealink.model, phone, index));
  return (performance.now() - started) / 1_000;
};
makeAll();
process.stdout.write(`${makeAll()}\n`);
