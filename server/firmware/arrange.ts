import { SOURCE, type Step } from './model.ts';

/**
 * Puts steps into an order in which each comes after the one that makes what it takes; otherwise they stay as they are written. Every node
 * but the source is made by exactly one step, and all hang together. What cannot be is told, and left out.
 */
export function arrange(steps: readonly Step[], complain: (message: string) => void): Step[] {
  const arranged: Step[] = [];
  const made = new Set([SOURCE]);
  const claimed = new Set<string>();
  let waiting = steps.filter(({ to }) => {
    if (to === SOURCE) complain(`makes ${SOURCE}, which holds the downloads`);
    else if (claimed.has(to)) complain(`makes ${to} twice`);
    else return claimed.add(to);
    return false;
  });
  while (waiting.length > 0) {
    const ready = waiting.filter(({ from }) => made.has(from));
    if (ready.length === 0) break;
    for (const step of ready) {
      arranged.push(step);
      made.add(step.to);
    }
    waiting = waiting.filter((step) => !ready.includes(step));
  }
  for (const { from, to } of waiting) {
    complain(claimed.has(from) ? `goes in a circle by ${from}-${to}` : `takes ${from}, which no step makes`);
  }
  if (steps.length === 0) complain('has no steps');
  return arranged;
}
