import type { Float } from './values.ts';

/** The tree of a template. Every node knows its line. */

export type Constant = string | number | bigint | boolean | null | Float;

/** What a name does where it stands: it is read, it is assigned to, or it is a parameter. */
export type Use = 'load' | 'store' | 'param';

export interface Arguments {
  readonly positional: readonly Expression[];
  readonly named: readonly (readonly [string, Expression])[];
  readonly spread: Expression | undefined;
  readonly spreadNamed: Expression | undefined;
}

export interface Name {
  readonly kind: 'name';
  readonly line: number;
  readonly name: string;
  use: Use;
}

export interface TupleNode {
  readonly kind: 'tuple';
  readonly line: number;
  readonly items: readonly Expression[];
}

/** `namespace.attribute` on the left of `set`. */
export interface NamespaceTarget {
  readonly kind: 'namespace';
  readonly line: number;
  readonly name: string;
  readonly attribute: string;
}

export interface Call {
  readonly kind: 'call';
  readonly line: number;
  readonly node: Expression;
  readonly arguments: Arguments;
}

export interface Slice {
  readonly kind: 'slice';
  readonly line: number;
  readonly start: Expression | undefined;
  readonly stop: Expression | undefined;
  readonly step: Expression | undefined;
}

export interface FilterNode {
  readonly kind: 'filter';
  readonly line: number;
  /** Nothing for the first filter of a filter or set block: its input is the block's text. */
  readonly node: Expression | undefined;
  readonly name: string;
  readonly arguments: Arguments;
}

export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**';
export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

export type Expression =
  | Name
  | TupleNode
  | NamespaceTarget
  | Call
  | Slice
  | FilterNode
  | { readonly kind: 'constant'; readonly line: number; readonly value: Constant }
  | { readonly kind: 'data'; readonly line: number; readonly text: string }
  | { readonly kind: 'list'; readonly line: number; readonly items: readonly Expression[] }
  | { readonly kind: 'dict'; readonly line: number; readonly pairs: readonly (readonly [Expression, Expression])[] }
  | { readonly kind: 'attribute'; readonly line: number; readonly node: Expression; readonly name: string }
  | { readonly kind: 'item'; readonly line: number; readonly node: Expression; readonly key: Expression }
  | {
      readonly kind: 'test';
      readonly line: number;
      readonly node: Expression;
      readonly name: string;
      readonly arguments: Arguments;
    }
  | {
      readonly kind: 'conditional';
      readonly line: number;
      readonly test: Expression;
      readonly then: Expression;
      readonly otherwise: Expression | undefined;
    }
  | { readonly kind: 'and' | 'or'; readonly line: number; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not' | 'negative' | 'positive'; readonly line: number; readonly node: Expression }
  | {
      readonly kind: 'binary';
      readonly line: number;
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'concat'; readonly line: number; readonly items: readonly Expression[] }
  | {
      readonly kind: 'compare';
      readonly line: number;
      readonly left: Expression;
      readonly steps: readonly (readonly [CompareOperator, Expression])[];
    };

export interface Signature {
  readonly parameters: readonly Name[];
  /** The defaults of the last parameters. */
  readonly defaults: readonly Expression[];
}

export interface For {
  readonly kind: 'for';
  readonly line: number;
  readonly target: Expression;
  readonly iterable: Expression;
  readonly body: readonly Statement[];
  readonly otherwise: readonly Statement[];
  readonly test: Expression | undefined;
  readonly recursive: boolean;
}

export interface If {
  readonly kind: 'if';
  readonly line: number;
  readonly test: Expression;
  readonly body: readonly Statement[];
  readonly elifs: readonly If[];
  readonly otherwise: readonly Statement[];
}

export interface Block {
  readonly kind: 'block';
  readonly line: number;
  readonly name: string;
  readonly scoped: boolean;
  readonly required: boolean;
  readonly body: readonly Statement[];
}

export interface Macro extends Signature {
  readonly kind: 'macro';
  readonly line: number;
  readonly name: string;
  readonly body: readonly Statement[];
}

export interface CallBlock extends Signature {
  readonly kind: 'call block';
  readonly line: number;
  readonly call: Call;
  readonly body: readonly Statement[];
}

export interface With {
  readonly kind: 'with';
  readonly line: number;
  readonly targets: readonly Expression[];
  readonly values: readonly Expression[];
  readonly body: readonly Statement[];
}

export interface FilterBlock {
  readonly kind: 'filter block';
  readonly line: number;
  readonly filter: FilterNode;
  readonly body: readonly Statement[];
}

export interface SetBlock {
  readonly kind: 'set block';
  readonly line: number;
  readonly target: Expression;
  readonly filter: FilterNode | undefined;
  readonly body: readonly Statement[];
}

export interface Autoescape {
  readonly kind: 'autoescape';
  readonly line: number;
  readonly value: Expression;
  readonly body: readonly Statement[];
}

export type Statement =
  | For
  | If
  | Block
  | Macro
  | CallBlock
  | With
  | FilterBlock
  | SetBlock
  | Autoescape
  | { readonly kind: 'output'; readonly line: number; readonly nodes: readonly Expression[] }
  | { readonly kind: 'set'; readonly line: number; readonly target: Expression; readonly value: Expression }
  | { readonly kind: 'extends'; readonly line: number; readonly template: Expression }
  | {
      readonly kind: 'include';
      readonly line: number;
      readonly template: Expression;
      readonly ignoreMissing: boolean;
      readonly withContext: boolean;
    }
  | {
      readonly kind: 'import';
      readonly line: number;
      readonly template: Expression;
      readonly target: string;
      readonly withContext: boolean;
    }
  | {
      readonly kind: 'from';
      readonly line: number;
      readonly template: Expression;
      /** Name there, name here. */
      readonly names: readonly (readonly [string, string])[];
      readonly withContext: boolean;
    };

export type Node = Expression | Statement;

function given(...nodes: (Node | undefined)[]): Node[] {
  return nodes.filter((node) => node !== undefined);
}

function inArguments(list: Arguments): Node[] {
  return given(...list.positional, ...list.named.map(([, value]) => value), list.spread, list.spreadNamed);
}

/** The nodes directly below one, in the order in which Jinja visits them: the scoping rules depend on it. */
export function childrenOf(node: Node): Node[] {
  switch (node.kind) {
    case 'name':
    case 'namespace':
    case 'constant':
    case 'data':
      return [];
    case 'tuple':
    case 'list':
    case 'concat':
      return [...node.items];
    case 'dict':
      return node.pairs.flat();
    case 'attribute':
    case 'not':
    case 'negative':
    case 'positive':
      return [node.node];
    case 'item':
      return [node.node, node.key];
    case 'slice':
      return given(node.start, node.stop, node.step);
    case 'call':
      return [node.node, ...inArguments(node.arguments)];
    case 'filter':
      return given(node.node, ...inArguments(node.arguments));
    case 'test':
      return [node.node, ...inArguments(node.arguments)];
    case 'conditional':
      return given(node.test, node.then, node.otherwise);
    case 'and':
    case 'or':
    case 'binary':
      return [node.left, node.right];
    case 'compare':
      return [node.left, ...node.steps.map(([, operand]) => operand)];
    case 'output':
      return [...node.nodes];
    case 'for':
      return given(node.target, node.iterable, ...node.body, ...node.otherwise, node.test);
    case 'if':
      return [node.test, ...node.body, ...node.elifs, ...node.otherwise];
    case 'block':
      return [...node.body];
    case 'macro':
      return [...node.parameters, ...node.defaults, ...node.body];
    case 'call block':
      return [node.call, ...node.parameters, ...node.defaults, ...node.body];
    case 'with':
      return [...node.targets, ...node.values, ...node.body];
    case 'filter block':
      return [...node.body, node.filter];
    case 'set block':
      return given(node.target, node.filter, ...node.body);
    case 'autoescape':
      return [node.value, ...node.body];
    case 'set':
      return [node.target, node.value];
    case 'extends':
    case 'include':
    case 'import':
    case 'from':
      return [node.template];
  }
}
