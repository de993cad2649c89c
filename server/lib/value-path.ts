/** The way to a value: keys joined by dots; a dot or a backslash in a key has a backslash before it. */
export function pathOf(above: string, key: string): string {
  const step = key.replaceAll(/[\\.]/g, '\\$&');
  return above === '' ? step : `${above}.${step}`;
}
