import { ProvisioningError } from '../lib/errors.ts';
import { KeyedLock } from '../lib/lock.ts';
import type { Plugin } from '../plugins/model.ts';
import type { Catalogue } from '../plugins/service.ts';
import type { OverrideDao } from './dao.ts';
import { type Merge, merge } from './merge.ts';
import type { Origin, Override, OverrideState, Template, Texts } from './model.ts';
import { checkTemplateName, checkText, isPluginName, isTemplateName, templateInvalid } from './validator.ts';

export interface OverrideParts {
  readonly dao: OverrideDao;
  readonly plugins: { readonly catalogue: Catalogue };
  /** What would be used of the package, or of what all vendors share, if there were no override of this name. */
  origin(name: string, plugin: Plugin): Origin | undefined;
  /** Why the text is no template, with its line; undefined when it is one. */
  complaint(plugin: string, name: string, text: string): { readonly line: number; readonly message: string } | undefined;
  /** Resolves when all that render know that the overrides of a plugin changed. */
  changed(plugin: string): Promise<void>;
}

/** Told the template as it is, at the moment of the change; throws to refuse it. */
export type Check = (current: Template) => void;

export interface Change {
  readonly check?: Check;
  /** Also a text that is no template. */
  readonly force?: boolean;
}

export interface OverrideService {
  /** All overrides, by plugin and name. */
  list(): Promise<Override[]>;
  /** Names of the packages' templates that there is no override of, by plugin. */
  listOthers(): Promise<Template[]>;
  /** @throws ProvisioningError plugin-unknown; template-unknown when there is neither an override nor a template of the package */
  get(plugin: string, name: string): Promise<Template>;
  state(plugin: string, name: string): Promise<OverrideState | undefined>;
  /**
   * Makes an override, whose base is what the package says now, or changes one, whose base stays.
   * @throws ProvisioningError plugin-unknown, template-invalid with the line, template-not-writable
   */
  put(plugin: string, name: string, text: string, change?: Change): Promise<Template>;
  /** @throws ProvisioningError template-unknown, template-not-writable */
  remove(plugin: string, name: string, check?: Check): Promise<void>;
  /** What the operator and the package changed, in one text. @throws ProvisioningError template-unknown, template-unmergeable */
  tryMerge(plugin: string, name: string): Promise<Merge>;
  /**
   * Writes the merge over the override, when it is clean; the package's text becomes its base.
   * @throws ProvisioningError as `tryMerge` and `put`; template-conflicting with the lines of the override
   */
  merge(plugin: string, name: string, change?: Change): Promise<Template>;
  /** The override stays as it is, and the package's text becomes its base. @throws ProvisioningError as `tryMerge` */
  accept(plugin: string, name: string, check?: Check): Promise<Template>;
  /**
   * Gives every override of some plugins that has none, as one that was put there by hand, the text of the package that there is as its
   * base. To be called at the start, and before a package is exchanged, by the one process that changes overrides.
   * @throws ProvisioningError template-not-writable
   */
  keepBases(plugins: Iterable<Plugin>): Promise<void>;
}

/** Operators' templates in place of packages'. They are few, and always read from where they lie: an operator may edit them there. */
export function overrideService({ dao, plugins, origin, complaint, changed }: OverrideParts): OverrideService {
  const lock = new KeyedLock();
  const exclusively = <Result>(work: () => Promise<Result>) => lock.run('', work);

  async function load(): Promise<(plugin: string, name: string) => Template> {
    const [overrides, bases, formers] = [await dao.read('override'), await dao.read('base'), await dao.read('former')];
    return (plugin, name) => {
      const [override, base, former] = [overrides, bases, formers].map((texts) => texts.get(plugin)?.get(name));
      const installed = plugins.catalogue.plugin(plugin);
      const from = installed && origin(name, installed);
      return {
        plugin,
        name,
        ...(override !== undefined && { override, state: stateOf(override, base, from, installed !== undefined) }),
        ...(base !== undefined && override !== undefined && { base }),
        ...(from && { origin: from }),
        ...(former !== undefined && { former }),
      };
    };
  }

  async function find(plugin: string, name: string): Promise<Template> {
    const isThere = plugins.catalogue.plugin(plugin) !== undefined || (isPluginName(plugin) && (await holds(plugin)));
    if (!isThere) throw new ProvisioningError('plugin-unknown', `There is no plugin ${plugin}, and no override of one`);
    return (await load())(plugin, name);
  }

  async function holds(plugin: string): Promise<boolean> {
    const kinds = [await dao.read('override'), await dao.read('former')];
    return kinds.some((texts) => (texts.get(plugin)?.size ?? 0) > 0);
  }

  async function known(plugin: string, name: string): Promise<Override> {
    const found = await find(plugin, name);
    if (isOverride(found)) return found;
    throw new ProvisioningError('template-unknown', `There is no override of ${name} for ${plugin}`);
  }

  /** An override with both texts of the package. */
  async function comparable(plugin: string, name: string) {
    const found = await known(plugin, name);
    if (found.origin) return { ...found, base: found.base ?? found.origin.text, origin: found.origin };
    const why = plugins.catalogue.plugin(plugin) ? `${plugin} has no such template` : `${plugin} is not installed`;
    throw new ProvisioningError('template-unmergeable', `There is nothing to compare ${name} with: ${why}`);
  }

  function checkTemplate(plugin: string, name: string, text: string, { force }: Change): void {
    checkText(text);
    const wrong = force ? undefined : complaint(plugin, name, text);
    if (wrong) throw templateInvalid({ path: `line ${wrong.line}`, message: wrong.message }, wrong.message);
  }

  async function keep({ plugin, name, override }: Template): Promise<void> {
    if (override !== undefined) await dao.write('former', plugin, name, override);
  }

  return {
    async list() {
      const of = await load();
      return names(await dao.read('override')).flatMap(([plugin, name]) => {
        const found = of(plugin, name);
        return isOverride(found) ? [found] : [];
      });
    },

    async listOthers() {
      const of = await load();
      const all = plugins.catalogue.plugins().map(({ id, package: { templates } }) => [id, templates] as const);
      return names(new Map(all)).flatMap(([plugin, name]) => {
        const found = of(plugin, name);
        return isOverride(found) ? [] : [found];
      });
    },

    async get(plugin, name) {
      const found = await find(plugin, name);
      if (isTemplateName(name) && (found.override ?? found.origin ?? found.former) !== undefined) return found;
      throw new ProvisioningError('template-unknown', `${plugin} has no template ${name}, and there is no override of that name`);
    },

    state: async (plugin, name) => (await load())(plugin, name).state,

    put: (plugin, name, text, change = {}) =>
      exclusively(async () => {
        if (!plugins.catalogue.plugin(plugin)) throw new ProvisioningError('plugin-unknown', `There is no plugin ${plugin}`);
        checkTemplateName(name);
        const current = await find(plugin, name);
        change.check?.(current);
        checkTemplate(plugin, name, text, change);
        // Before the override: killed in between, there is a base of nothing, which does no harm.
        if (current.base === undefined) {
          if (current.origin) await dao.write('base', plugin, name, current.origin.text);
          else await dao.remove('base', plugin, name);
        }
        if (text !== current.override) {
          await keep(current);
          await dao.write('override', plugin, name, text);
        }
        await changed(plugin);
        return find(plugin, name);
      }),

    remove: (plugin, name, check) =>
      exclusively(async () => {
        const current = await known(plugin, name);
        check?.(current);
        await keep(current);
        await dao.remove('override', plugin, name);
        await dao.remove('base', plugin, name);
        await changed(plugin);
      }),

    async tryMerge(plugin, name) {
      const { override, base, origin: from } = await comparable(plugin, name);
      return merge(override, base, from.text);
    },

    merge: (plugin, name, change = {}) =>
      exclusively(async () => {
        const current = await comparable(plugin, name);
        change.check?.(current);
        const { text, conflicts } = merge(current.override, current.base, current.origin.text);
        if (conflicts.length > 0) {
          const complaints = conflicts.map(({ line }) => ({ path: `line ${line}`, message: 'the package changed it, too' }));
          const where = conflicts.map(({ line }) => line).join(', ');
          const remedy = 'Edit the merge with its marks, or keep your text and accept the template of the package';
          const told = `${name} of ${plugin} and the package changed the same lines in different ways, from line ${where}. ${remedy}`;
          throw new ProvisioningError('template-conflicting', told, { complaints });
        }
        checkTemplate(plugin, name, text, change);
        await keep(current);
        await dao.writeWithBase(plugin, name, text, current.origin.text);
        await changed(plugin);
        return find(plugin, name);
      }),

    accept: (plugin, name, check) =>
      exclusively(async () => {
        const current = await comparable(plugin, name);
        check?.(current);
        await dao.write('base', plugin, name, current.origin.text);
        return find(plugin, name);
      }),

    keepBases: (of) =>
      exclusively(async () => {
        await dao.recover();
        const [overrides, bases] = [await dao.read('override'), await dao.read('base')];
        for (const plugin of of) {
          for (const name of overrides.get(plugin.id)?.keys() ?? []) {
            const from = origin(name, plugin);
            if (from && isTemplateName(name) && bases.get(plugin.id)?.get(name) === undefined) {
              await dao.write('base', plugin.id, name, from.text);
            }
          }
        }
      }),
  };
}

function stateOf(override: string, base: string | undefined, origin: Origin | undefined, isInstalled: boolean): OverrideState {
  if (!origin) return isInstalled && base === undefined ? 'own' : 'orphaned';
  if (override === origin.text) return 'same';
  return (base ?? origin.text) === origin.text ? 'current' : 'outdated';
}

function isOverride(template: Template): template is Override {
  return template.override !== undefined;
}

function names(texts: Texts): [plugin: string, name: string][] {
  return [...texts].flatMap(([plugin, byName]) => [...byName.keys()].map((name): [string, string] => [plugin, name]));
}
