import { join } from 'node:path';
import { originOf, type TemplateTexts } from '../artefacts/overrides.ts';
import { Renderer } from '../artefacts/renderer.ts';
import { whyNoTemplate } from '../artefacts/template/template.ts';
import { reason } from '../lib/errors.ts';
import type { RootLog } from '../lib/log.ts';
import type { Metrics } from '../lib/metrics.ts';
import { folderOverrideDao } from '../overrides/dao.ts';
import { type OverrideService, overrideService } from '../overrides/service.ts';
import { readOverrides, readSharedTemplates } from '../plugins/dao.ts';
import type { PluginNotifier } from '../plugins/notifier.ts';
import type { PluginService } from '../plugins/service.ts';
import type { Settings } from '../settings.ts';
import { reportOverrides } from './observe.ts';
import { values, type Workers } from './workers.ts';

/** Templates, those of operators among them, and what renders them. */
export interface Templates {
  readonly overrides: OverrideService;
  readonly renderer: Renderer;
  /** One that renders with this text in the place of a template of a plugin, and keeps nothing. */
  trial(plugin: string, name: string, text: string): Pick<Renderer, 'render'>;
  /** Reads all of them anew. */
  reread(): Promise<void>;
  /** Reads the operators' of one plugin anew. */
  rereadOverrides(plugin: string): Promise<void>;
}

export interface TemplateParts {
  readonly settings: Settings;
  readonly plugins: PluginService;
  readonly news: PluginNotifier;
  readonly workers: Workers;
  readonly metrics: Metrics;
  readonly log: RootLog;
}

export async function createTemplates({ settings, plugins, news, workers, metrics, log }: TemplateParts): Promise<Templates> {
  const folder = join(settings.data, 'templates');
  const readTexts = async (): Promise<TemplateTexts> => ({
    overrides: await readOverrides(folder),
    shared: await readSharedTemplates(),
  });
  let texts = await readTexts();

  const overrides = overrideService({
    dao: folderOverrideDao(folder, readOverrides),
    plugins,
    origin: (name, plugin) => originOf(name, plugin, texts.shared),
    complaint: (plugin, name, text) => whyNoTemplate({ name: `templates/${plugin}/${name}`, text }),
    changed: async (plugin) => void values(await workers.ask('overridesChanged', plugin)),
  });
  const lookAtOverrides = async () => {
    // In somebody else's folder, say, nothing can be noted: phones are served all the same.
    await overrides.keepBases(plugins.catalogue.plugins()).catch((cause) => {
      const told = 'could not note of which templates overrides were made; what packages change under them will not be told';
      log.error({ event: 'template.base-not-kept', why: reason(cause) }, told);
    });
    await overrides.list().then(
      (found) => reportOverrides(found, log),
      (cause) => log.error({ event: 'template.not-read', why: reason(cause) }, 'could not look how overrides stand'),
    );
  };
  if (workers.number === 1) {
    await lookAtOverrides();
    news.subscribe(() => void lookAtOverrides());
  }

  const { cache_megabytes, limits } = settings.render;
  const bounds = { outputBytes: limits.output_kilobytes * 1_024, steps: limits.steps, milliseconds: limits.milliseconds };
  const renderer = new Renderer({
    texts,
    cacheBytes: cache_megabytes * 1_048_576,
    limits: bounds,
    observe: (event) => {
      metrics.cacheLookup(event.kind === 'hit' ? 'hit' : 'miss');
      if (event.kind !== 'hit') metrics.rendered(event.kind, event.milliseconds / 1_000);
    },
  });
  metrics.gauge('offhook_render_cache_bytes', 'Memory that rendered files take', () => renderer.cachedBytes);
  const take = (read: TemplateTexts) => {
    texts = read;
    renderer.replaceTexts(texts);
  };
  return {
    overrides,
    renderer,
    trial(plugin, name, text) {
      const of = new Map(texts.overrides.get(plugin)).set(name, text);
      const tried = new Renderer({
        texts: { ...texts, overrides: new Map(texts.overrides).set(plugin, of) },
        cacheBytes: 0,
        limits: bounds,
      });
      return { render: (made) => tried.rehearse(made) };
    },
    async reread() {
      take(await readTexts());
    },
    async rereadOverrides(plugin) {
      const now = (await readOverrides(folder)).get(plugin);
      const all = new Map(texts.overrides);
      if (now) all.set(plugin, now);
      else all.delete(plugin);
      take({ ...texts, overrides: all });
    },
  };
}
