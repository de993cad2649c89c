const signs: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const pieces =
  /<(?:\?.*?\?|!--.*?--|(?<end>\/)?(?<name>[\w:.-]+)(?<attributes>(?:\s+[\w:.-]+="[^"]*")*)\s*(?<empty>\/)?)>(?<text>[^<]*)/gs;

/**
 * What stands in the elements of an XML text that hold no others, by the path to them below the root. Elements that come several times are told
 * apart by the attribute that counts them, `sipLines/line[2]/name`; other attributes are values, too: `sipLines/line[2]@lineIndex`.
 *
 * @param counting names of the attributes by which elements are told apart
 * @param repeated which counts of those that nothing tells apart; else there must be none
 */
export function leavesOf(document: string, counting: readonly string[] = [], repeated?: 'last'): Map<string, string> {
  const leaves = new Map<string, string>();
  const put = (path: string, value: string): void => {
    if (leaves.has(path) && repeated === undefined) throw new Error(`${path} stands in the file twice`);
    leaves.set(path, read(value));
  };
  const open: { readonly path: string; readonly text: string; isLeaf: boolean }[] = [];
  for (const { groups = {} } of document.matchAll(pieces)) {
    const { end, name, attributes = '', empty, text = '' } = groups;
    if (name === undefined) continue;
    if (!end) {
      const parent = open.at(-1);
      if (parent) parent.isLeaf = false;
      const pairs = [...attributes.matchAll(/([\w:.-]+)="([^"]*)"/g)].map(([, key = '', value = '']): [string, string] => [
        key,
        value,
      ]);
      const count = pairs.find(([key]) => counting.includes(key));
      const own = count ? `${name}[${count[1]}]` : name;
      const path = parent?.path ? `${parent.path}/${own}` : parent ? own : '';
      for (const pair of pairs) if (pair !== count) put(`${path}@${pair[0]}`, pair[1]);
      open.push({ path, text: empty ? '' : text, isLeaf: true });
    }
    if (end || empty) {
      const closed = open.pop();
      // A line break between two tags is layout.
      if (closed?.isLeaf) put(closed.path, closed.text.trim() === '' ? '' : closed.text);
    }
  }
  return leaves;
}

function read(value: string): string {
  return value.replaceAll(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, code?: string, hex?: string, name?: string) => {
    if (name !== undefined) return signs[name] ?? whole;
    return String.fromCodePoint(code === undefined ? Number.parseInt(hex ?? '', 16) : Number(code));
  });
}
