import { expect, test } from '@jest/globals';
import {
  compile,
  defaultLimits,
  encode,
  escapeXml,
  type Loader,
  type Options,
  TemplateError,
  Tuple,
  type Variables,
} from '../../../server/artefacts/template/template.ts';
import { exhausting, reaching } from './escapes.ts';

const nothing: Loader = () => undefined;

function loaderOf(templates: Readonly<Record<string, string>>): Loader {
  return (name) => (Object.hasOwn(templates, name) ? { name, text: templates[name] ?? '' } : undefined);
}

function render(text: string, variables: Variables = {}, options: Options = {}, loader = nothing): string {
  return compile({ name: 'plugin/base.tpl', text }, loader, options).render(variables);
}

function failure(text: string, variables: Variables = {}, options: Options = {}, loader = nothing): TemplateError {
  try {
    render(text, variables, options, loader);
  } catch (thrown) {
    if (thrown instanceof TemplateError) return thrown;
    throw thrown;
  }
  throw new Error('the template rendered');
}

// The semantics that provd's templates rely on, one by one.

test('dictionaries keep their order, and their keys their types', () => {
  const keys = new Map<unknown, unknown>([
    ['10', 'ten'],
    ['1', 'one'],
    [1, 'int'],
  ]);
  expect(render('{% for k, v in keys.items() %}{{ k }}={{ v }};{% endfor %}{{ keys }}', { keys })).toBe(
    "10=ten;1=one;1=int;{'10': 'ten', '1': 'one', 1: 'int'}",
  );
  expect(render("{{ keys[1] }} {{ keys['1'] }} {{ keys[1.0] }} {{ keys[true] }} {{ 10 in keys }}", { keys })).toBe(
    'int one int int False',
  );
});

test('tuples are tuples', () => {
  expect(render('{{ t }} {{ t[1] }} {{ (1,) }} {% set a, b = t %}{{ b }}{{ a }}', { t: new Tuple([1, 'x']) })).toBe(
    "(1, 'x') x (1,) x1",
  );
});

test('what contains itself does not loop', () => {
  const list: unknown[] = [1];
  list.push(list);
  const map = new Map<string, unknown>();
  map.set('self', map);
  expect(render('{{ list }} {{ map }}', { list, map })).toBe("[1, [...]] {'self': {...}}");
  expect(failure('{{ list|tojson }}', { list }).code).toBe('template-evaluation');
  const twin: unknown[] = [1];
  twin.push(twin);
  expect(failure('{{ list == twin }}', { list, twin }).code).toBe('template-limit');
});

test('what is empty is false', () => {
  const empty = { s: '', l: [], d: new Map(), o: {}, t: new Tuple([]), z: 0, n: null };
  expect(render('{% for x in [s, l, d, o, t, z, n, 0.0, false, nope] %}{{ "T" if x else "f" }}{% endfor %}', empty)).toBe(
    'ffffffffff',
  );
});

test('equality does not convert, and order is by code point', () => {
  expect(
    render("{{ 1 == 1.0 }} {{ 1 == true }} {{ '1' == 1 }} {{ none == false }} {{ 'Z' < 'a' }} {{ '\\uffff' < '\\U00010000' }}"),
  ).toBe('True True False False True True');
  expect(render("{{ ['1', '10', '2', 'b', 'A']|sort }}")).toBe("['1', '10', '2', 'A', 'b']");
});

test('None, True, False, ints and floats print as in Python', () => {
  const values = { values: [null, true, false, 1, 0.5, 1e21, 2n ** 64n, -0.25, 1e-7] };
  expect(render('{{ values|join(" ") }} {{ 1.0 }} {{ 1e16 }} {{ 10 / 2 }}', values)).toBe(
    'None True False 1 0.5 1000000000000000000000 18446744073709551616 -0.25 1e-07 1.0 1e+16 5.0',
  );
  expect(render('{{ true|int }} {{ true + true }}')).toBe('1 2');
});

test('undefined prints as nothing, but has no attributes', () => {
  expect(render('[{{ nope }}][{{ d.nope }}]', { d: {} })).toBe('[][]');
  const error = failure('first\n\n{{ ok }}{{ nope.attribute }}', { ok: 1 });
  expect(error).toMatchObject({ code: 'template-undefined', template: 'plugin/base.tpl', line: 3 });
  expect(error.message).toBe("plugin/base.tpl:3: 'nope' is undefined");
  expect(failure("{{ d['a']['b'] }}", { d: {} }).code).toBe('template-undefined');
});

test('d replaces what is undefined, not None', () => {
  expect(render("{{ nope|d('x') }} {{ n|d('x') }} {{ e|d('x') }} {{ e|default('x', true) }}", { n: null, e: '' })).toBe(
    'x None  x',
  );
});

test('a point looks for methods first, brackets for items', () => {
  const d = new Map([['items', 'mine']]);
  expect(render("{{ d['items'] }} {{ d.items()|length }} {{ d.get('items') }}", { d })).toBe('mine 1 mine');
});

test('a filtered loop counts what is left', () => {
  const text =
    '{% for x in range(6) if x is odd %}{{ loop.index }}/{{ loop.length }}:{{ loop.previtem }}<{{ x }}<{{ loop.nextitem }} {% endfor %}';
  expect(render(text)).toBe('1/3:<1<3 2/3:1<3<5 3/3:3<5< ');
});

test('what is set in a loop stays there', () => {
  expect(render('{% set x = 0 %}{% for i in [1, 2] %}{% set x = i %}{{ x }}{% endfor %}{{ x }}')).toBe('120');
});

test('e writes the five references of XML, once', () => {
  expect(render('{{ t|e }} {{ t|e|e }}', { t: `&<>'"` })).toBe('&amp;&lt;&gt;&#39;&#34; &amp;&lt;&gt;&#39;&#34;');
});

test('nothing is escaped unless it is asked for; then all but what is safe', () => {
  const text =
    '{% macro m(x) %}<{{ x }}>{% endmacro %}{{ t }}{{ t|safe }}{{ t|e }}{{ m(t) }}{% set s %}<{{ t }}>{% endset %}{{ s }}';
  expect(render(text, { t: '&' })).toBe('&&&amp;<&><&>');
  expect(render(text, { t: '&' }, { escape: escapeXml })).toBe('&amp;&&amp;<&amp;><&amp;>');
});

test('an artefact can bring an escape of its own', () => {
  const onOneLine = (text: string) => text.replaceAll('\n', '\\n');
  expect(render('{{ t }};{{ t|safe }};{{ t|e }}', { t: 'a\nb' }, { escape: onOneLine })).toBe('a\\nb;a\nb;a\\nb');
});

test('every line end is LF, and exactly one is dropped at the end', () => {
  expect(render('a\r\nb\rc\n\n')).toBe('a\nb\nc\n');
  expect(render('a\n  {% if true %}\n  x\n  {% endif %}\nb')).toBe('a\n  \n  x\n  \nb');
});

test('a no-break space inside a tag is white space', () => {
  expect(render('{{\u00a0x\u00a0}}{%\u00a0if x\u00a0%}\u00a0{% endif %}', { x: 1 })).toBe('1\u00a0');
});

test('what an encoding lacks becomes a question mark, or goes', () => {
  expect(encode('é€😀', 'iso-8859-1')).toEqual(Buffer.from([0xe9, 0x3f, 0x3f]));
  expect(encode('aé€😀b', 'ascii').toString()).toBe('ab');
  expect(encode('é€', 'utf-8').toString()).toBe('é€');
});

test('names go to the loader as they are written, for extends, include and import alike', () => {
  const asked: string[] = [];
  const templates = loaderOf({
    'Base.tpl': '[{% block b %}{% endblock %}]',
    part: 'p{{ x }}',
    lib: '{% macro m() %}m{% endmacro %}',
  });
  const loader: Loader = (name) => {
    asked.push(name);
    return templates(name);
  };
  const text = "{% extends 'Base.tpl' %}{% block b %}{% include 'part' %}{% from 'lib' import m %}{{ m() }}{% endblock %}";
  expect(render(text, { x: 1 }, {}, loader)).toBe('[p1m]');
  expect(asked).toEqual(['Base.tpl', 'part', 'lib']);
  expect(failure("\n{% include 'base.tpl' %}", {}, {}, loader)).toMatchObject({ code: 'template-not-found', line: 2 });
});

test('an error names the template in which it is', () => {
  const loader = loaderOf({
    'shared/part.tpl': 'one\n{{ 1 / 0 }}',
    broken: '\n\n{% if %}',
    lib: '{% macro m(x) %}\n{{ x.y.z }}{% endmacro %}',
  });
  expect(failure("{% include 'shared/part.tpl' %}", {}, {}, loader)).toMatchObject({ template: 'shared/part.tpl', line: 2 });
  expect(failure("{% include 'broken' %}", {}, {}, loader)).toMatchObject({
    code: 'template-syntax',
    template: 'broken',
    line: 3,
  });
  expect(failure("{% import 'lib' as l %}\n\n{{ l.m({}) }}", {}, {}, loader)).toMatchObject({ template: 'lib', line: 2 });
  expect(failure("{% import 'lib' as l %}\n\n{{ l.m({'y': {}}) ~ nope.x }}", {}, {}, loader)).toMatchObject({
    template: 'plugin/base.tpl',
    line: 3,
  });
  expect(failure('{{ {\n"a": 1,\n"b": 1 / 0} }}').line).toBe(3);
});

test('what Jinja has and this has not is refused by name', () => {
  expect(failure('a\n{{ [1]|random }}')).toMatchObject({ code: 'template-unsupported', line: 2 });
  expect(failure("{{ 'x'|urlize }}").code).toBe('template-unsupported');
  expect(failure('{{ lipsum() }}').code).toBe('template-unsupported');
  expect(failure("{{ '\\N{DASH}' }}").code).toBe('template-unsupported');
  expect(failure('{{ {}.items }}').message).toBe('plugin/base.tpl:1: this value has no text of its own: it cannot be printed');
  expect(failure('{% do 1 %}').code).toBe('template-syntax');
});

test('where undefined is strict, it may be asked for and replaced, and nothing else', () => {
  const strict: Options = { undefined: 'strict' };
  expect(render("{{ nope is defined }} {{ nope|d('x') }} {{ d.nope or 'y' }} {{ 'z' if not nope }}", { d: {} }, strict)).toBe(
    'False x y z',
  );
  for (const text of [
    '{{ nope }}',
    '{% for x in nope %}{% endfor %}',
    '{{ nope == 1 }}',
    "{{ nope ~ '' }}",
    '{{ d.nope|e }}',
    '{{ nope|length }}',
  ]) {
    expect(failure(text, { d: {} }, strict)).toMatchObject({ code: 'template-undefined', line: 1 });
  }
});

test('what a template includes is loaded once, however often it is rendered', () => {
  const asked: string[] = [];
  const loader: Loader = (name) => {
    asked.push(name);
    return { name, text: 'x' };
  };
  const template = compile({ name: 't', text: "{% include 'a' %}{% include 'b' %}{% include 'a' %}" }, loader);
  expect([template.render({}), template.render({})]).toEqual(['xxx', 'xxx']);
  expect(asked).toEqual(['a', 'b']);
});

test('two renderings share nothing', () => {
  const loader = loaderOf({ lib: "{% set c = cycler('a', 'b') %}{% set n = namespace(v=0) %}" });
  const template = compile(
    { name: 't', text: "{% from 'lib' import c, n %}{% set n.v = n.v + 1 %}{{ c.next() }}{{ n.v }}" },
    loader,
  );
  expect([template.render({}), template.render({})]).toEqual(['a1', 'a1']);
});

test('a variable of the context outranks a global, everywhere, and the context stays as it was given', () => {
  const loader = loaderOf({ 'inner.tpl': '<{{ range }}{{ own }}>' });
  const text =
    "{% set own = 1 %}{{ range }}{{ dict is defined }}{% include 'inner.tpl' %}{% include 'inner.tpl' without context %}";
  const shown = "mineTrue<mine1><<class 'range'>>";
  const given = new Map<string, unknown>([
    ['range', 'mine'],
    ['dict', undefined],
  ]);
  expect(render(text, given, {}, loader)).toBe(shown);
  expect([...given]).toEqual([
    ['range', 'mine'],
    ['dict', undefined],
  ]);
  expect(render(text, { range: 'mine', dict: undefined }, {}, loader)).toBe(shown);
});

test('frozen objects of the host are read like dicts', () => {
  const phone = Object.freeze({ name: 'D40', lines: Object.freeze([Object.freeze({ number: '10' })]) });
  expect(
    render(
      "{{ phone.name }} {{ phone['lines'][0].number }} {{ phone.items()|list }} {{ phone.get('x', 1) }} {{ 'name' in phone }}",
      { phone },
    ),
  ).toBe("D40 10 [('name', 'D40'), ('lines', [{'number': '10'}])] 1 True");
});

// The sandbox.

const marker = 'leaked-secret';

class Instance {
  readonly secret = marker;
  method(): string {
    return marker;
  }
}

function host(): Record<string, unknown> {
  const object: Record<string, unknown> = Object.create({ inherited: marker });
  const own = {
    method: () => marker,
    instance: new Instance(),
    date: new Date(0),
    buffer: Buffer.from(marker),
    expression: /x/,
    promise: Promise.resolve(marker),
    set: new Set([marker]),
    symbol: Symbol(marker),
  };
  Object.defineProperty(own, 'getter', {
    enumerable: true,
    get: () => {
      throw new Error('a getter was run');
    },
  });
  Object.defineProperty(own, 'hidden', { enumerable: false, value: marker });
  return { host: own, child: object, callback: () => marker, list: [1], map: new Map([['a', 1]]) };
}

/** A text in which something of the host shows. */
const foreign = /leaked|function|native|\[object|class |Object|Function|=>|Promise|1970/;

test.each(reaching)('nothing is reached by %s', (text) => {
  const context = host();
  let shown = '';
  try {
    shown = render(text, context);
  } catch (thrown) {
    if (!(thrown instanceof TemplateError)) throw thrown;
    shown = thrown.message.replace("'constructor'", '');
  }
  expect(shown).not.toMatch(foreign);
  expect(context.list).toEqual([1]);
  expect(context.map).toEqual(new Map([['a', 1]]));
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

const selfish = loaderOf({
  itself: "{% include 'itself' %}",
  'child of itself': "{% extends 'child of itself' %}",
  'imports itself': "{% import 'imports itself' as x %}",
});

test.each(exhausting.map((text) => [text.slice(0, 100), text] as const))('%s ends', (_, text) => {
  const before = process.memoryUsage().rss;
  const error = failure(text, {}, {}, selfish);
  expect(['template-limit', 'template-evaluation', 'template-syntax', 'template-undefined']).toContain(error.code);
  expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 * 1024);
});

test('time that the machine spends on something else is not the template’s', () => {
  const slow: Loader = (name) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    return { name, text: '' };
  };
  const text = "{% include 'slow' %}{% for i in range(2000) %}{% endfor %}done";
  expect(compile({ name: 't', text }, slow).render({}, { ...defaultLimits, milliseconds: 150 })).toBe('done');
});

test('the limits are those of one rendering, and are the caller’s', () => {
  const template = compile({ name: 't', text: "{% for i in range(n) %}{{ 'é' * 10 }}{% endfor %}" }, nothing);
  expect(template.render({ n: 10 }, { ...defaultLimits, outputBytes: 200 })).toHaveLength(100);
  expect(() => template.render({ n: 10 }, { ...defaultLimits, outputBytes: 199 })).toThrow(TemplateError);
  expect(() => template.render({ n: 10 }, { ...defaultLimits, steps: 15 })).toThrow('too many steps');
  const endless = compile({ name: 't', text: '{% for i in range(10**9) %}{% endfor %}' }, nothing);
  expect(() => endless.render({}, { ...defaultLimits, steps: 1e12, milliseconds: 20 })).toThrow('too much time');
});

test.each([
  '{{ password / 1 }}',
  '{{ password|int(0, 99) / 0 }}',
  '{{ password.nope.nope }}',
  '{{ lines[password].x }}',
  '{{ lines[password]() }}',
  '{% include password %}',
  '{% extends password %}',
  '{{ password|round }}',
  '{{ password % 5 }}',
  "{{ '{0[x]}'.format(password) }}",
  "{{ '{:d}'.format(password) }}",
  '{{ password.format() }}',
  "{{ '%d' % password }}",
  '{{ password.index("zz") }}',
  '{{ {}.pop(password) }}',
  '{{ [1]|map(password)|list }}',
  '{{ [1]|select(password)|list }}',
  '{{ range(password) }}',
  '{{ dict(**{password: 1})(**{password: 2}) }}',
  '{% macro m() %}{% endmacro %}{{ m(**{password: 1}) }}',
  '{{ {password: 1}|xmlattr }}{{ {password ~ " ": 1}|xmlattr }}',
  '{{ {}|attr(password) + 1 }}',
  '{{ [password, 1]|sort }}',
  '{{ password|batch(password)|list }}{{ password|tojson(password, password) }}',
])('an error never quotes a value: %s', (text) => {
  const error = failure(text, { password: '{hunter2}%q', lines: {} });
  expect(JSON.stringify([error.message, error.stack, Object.values(error)])).not.toContain('hunter2');
});
