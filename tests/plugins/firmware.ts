type Section = ReadonlyMap<string, string>;

/**
 * Whether a plugin's packages install a file, as far as pkgs.db tells: what is copied as it was downloaded is known by its name, what
 * an archive holds only by the pattern that copies it.
 * @param text of pkgs/pkgs.db
 * @param path as a phone asks for it
 */
export function isInstalled(text: string, plugin: string, path: string): boolean {
  return targetsOf(text, plugin).some((target) => target.test(path));
}

function targetsOf(text: string, plugin: string): RegExp[] {
  const sections = new Map(
    [...text.matchAll(/^\[([^\]]+)\]\n((?:(?!\[).*\n?)*)/gm)].map(([, name = '', body = '']): [string, Section] => [
      name,
      new Map([...body.matchAll(/^([\w-]+)\s*[:=]\s*(.*)$/gm)].map(([, key = '', value = '']) => [key, value.trim()])),
    ]),
  );
  const packages = [...sections].flatMap(([name, keys]) => (name.startsWith('pkg_') ? [keys] : []));
  return packages
    .filter((keys) => (keys.get('plugin') ?? plugin).split(/\s+/).includes(plugin))
    .flatMap((keys) => {
      const steps = [...(sections.get(`install_${keys.get('install')?.split(/\s+/)[0]}`) ?? [])];
      const downloads = (keys.get('files') ?? '').split(/\s+/).map((id) => fileName(sections.get(`file_${id}`)));
      return steps.flatMap(([edge, step]) => targetsOfStep(step, edge.startsWith('a-') ? downloads : undefined));
    });
}

/** `cp *\/*.eff Digium/firmware/`; of downloads, those that the pattern fits. */
function targetsOfStep(step: string, downloads: readonly string[] | undefined): RegExp[] {
  const [command, ...words] = step.split(/\s+/);
  const to = words.pop() ?? '';
  if (command !== 'cp') return [];
  if (!to.endsWith('/')) return [pattern(literal(to))];
  return words.flatMap((from) => {
    const name = globOf(from.split('/').at(-1) ?? '');
    if (!downloads) return [pattern(literal(to) + name)];
    return downloads.filter((each) => pattern(name).test(each)).map((each) => pattern(literal(to) + literal(each)));
  });
}

function fileName(file: Section | undefined): string {
  return file?.get('filename') ?? file?.get('url')?.split('/').at(-1) ?? '';
}

function globOf(glob: string): string {
  return literal(glob).replaceAll('\\*', '[^/]*').replaceAll('\\?', '[^/]');
}

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function pattern(source: string): RegExp {
  return new RegExp(`^${source}$`);
}
