import { execFileSync } from 'node:child_process';
import nunjucks from 'nunjucks';
import { compile, type Loader } from '../server/artefacts/template/template.ts';

/**
 * How long a typical phone template of about 200 lines takes to compile and to render: here, in Jinja2 (a child
 * process of the Python that has it) and in nunjucks as it comes. Prints one table; every figure is the median of
 * five rounds of half a second at most.
 */

const lineCount = 16;
const roundMs = 100;

const block = (index: number) => `
{% if option_${index} is defined -%}
<option id="${index}" perm="R">{{ option_${index}|e }}</option>
{% else -%}
<option id="${index}"/>
{% endif -%}
setting.${index}.name = {{ names.first|d('%NULL%') }}
setting.${index}.value = {{ values[${index % 5}] }}`;

const template = `<?xml version="1.0"?>
{%- macro key(number, key) %}
<key n="{{ number }}"><type>{{ key['type'] }}</type><value>{{ key['value']|e }}</value></key>
{%- endmacro %}
{% for no, line in sip_lines.items() -%}
{% if line -%}
<line n="{{ no }}" user="{{ line['username']|e }}" password="{{ line['password']|e }}">
  <name>{{ line['display_name']|e }} {{ line['number'] }}</name>
  <proxy>{{ line['proxy_ip'] }}:{{ line['proxy_port']|d('5060') }}</proxy>
  {% if line['voicemail'] and line['number'] != 'autoprov' -%}<vm>{{ line['voicemail'] }}</vm>{% endif %}
</line>
{% endif -%}
{% endfor -%}
{% for number, item in keys -%}
{{ key(number + 1, item) }}
{% endfor -%}
${Array.from({ length: 22 }, (_, index) => block(index)).join('\n')}
{% block suffix %}{% endblock %}
`;

const lines = Array.from({ length: lineCount }, (_, index) => [
  String(index + 1),
  {
    username: `u${index}`,
    password: 'p&<q>',
    display_name: `Alice "${index}"`,
    number: `10${index}`,
    proxy_ip: '192.0.2.20',
    voicemail: '*98',
  },
]);
const context = {
  sip_lines: Object.fromEntries(lines),
  keys: Array.from({ length: 40 }, (_, index) => [index, { type: 'blf', value: `20${index}` }]),
  names: { first: 'Wazo' },
  values: [1, 'two', true, null, 2.5],
  option_1: 'a&b',
  option_3: 'c',
};

/** Microseconds a call: the median of five rounds, after one to warm up. */
function measure(run: () => unknown): number {
  for (let calls = 0; calls < 500; calls++) run();
  const rounds = Array.from({ length: 5 }, () => {
    const start = performance.now();
    let calls = 0;
    while (performance.now() - start < roundMs) {
      run();
      calls++;
    }
    return ((performance.now() - start) / calls) * 1000;
  });
  return rounds.sort((a, b) => a - b)[2] ?? Number.NaN;
}

const python = `
import json, statistics, sys, time
import jinja2
template, context = json.load(sys.stdin)
def measure(run):
    rounds = []
    for _ in range(5):
        start, calls = time.perf_counter(), 0
        while time.perf_counter() - start < ${roundMs / 1000}:
            run()
            calls += 1
        rounds.append((time.perf_counter() - start) / calls * 1e6)
    return statistics.median(rounds)
environment = jinja2.Environment()
compiled = environment.from_string(template)
print(json.dumps([measure(lambda: environment.from_string(template)), measure(lambda: compiled.render(context)), len(compiled.render(context)), jinja2.__version__]))
`;

const noOthers: Loader = () => undefined;
const source = { name: 'bench.tpl', text: template };
const ours = compile(source, noOthers);
const variables = { ...context, sip_lines: new Map(Object.entries(context.sip_lines)) };

const answer = execFileSync('/usr/bin/python3', ['-c', python], { input: JSON.stringify([template, context]) });
const [jinjaCompile, jinjaRender, jinjaLength, version] = JSON.parse(answer.toString()) as [number, number, number, string];
if (ours.render(variables).length !== jinjaLength) throw new Error('the renderings differ');

// nunjucks knows neither items() nor None: what it renders differs, but is about as long.
const environment = new nunjucks.Environment(null, { autoescape: false });
const forNunjucks = template.replace('sip_lines.items()', 'sip_lines').replace(' is defined', ' !== undefined');
const known = new nunjucks.Template(forNunjucks, environment, undefined, true);

const rows = [
  ['Offhook', measure(() => compile(source, noOthers)), measure(() => ours.render(variables))],
  [`Jinja2 ${version}`, jinjaCompile, jinjaRender],
  [
    'nunjucks',
    measure(() => new nunjucks.Template(forNunjucks, environment, undefined, true)),
    measure(() => known.render(context)),
  ],
] as const;
const [[, compileUs, renderUs]] = rows;

process.stdout.write(`${template.split('\n').length} lines, ${jinjaLength} characters out\n`);
process.stdout.write('engine            compile µs   × ours   render µs   × ours\n');
for (const [name, compiling, rendering] of rows) {
  const figures = [
    compiling.toFixed(0),
    (compiling / compileUs).toFixed(2),
    rendering.toFixed(0),
    (rendering / renderUs).toFixed(2),
  ];
  process.stdout.write(
    `${name.padEnd(16)}${figures.map((figure, index) => figure.padStart([12, 9, 12, 9][index] ?? 9)).join('')}\n`,
  );
}
