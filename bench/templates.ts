import nunjucks from 'nunjucks';
import { compile, type Loader } from '../server/artefacts/template/template.ts';
import { run } from './support/peers.ts';
import type { Part } from './support/table.ts';

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
template, context = json.loads(sys.argv[1])
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

export const templates: Part = {
  name: 'templates',
  about:
    'A phone template of about 200 lines that makes 6 kB: compiled and rendered here, in Jinja2 and in nunjucks as it comes (which ' +
    'knows neither `items()` nor `None`, so that what it makes differs). The median of five rounds.',
  async run() {
    const ours = compile(source, noOthers);
    const variables = { ...context, sip_lines: new Map(Object.entries(context.sip_lines)) };
    const answer = await run('load', '/usr/bin/python3', ['-c', python, JSON.stringify([template, context])]);
    const [jinjaCompile, jinjaRender, jinjaLength, version] = JSON.parse(answer) as [number, number, number, string];
    if (ours.render(variables).length !== jinjaLength) throw new Error('what Jinja2 and Offhook render differs');

    const environment = new nunjucks.Environment(null, { autoescape: false });
    const forNunjucks = template.replace('sip_lines.items()', 'sip_lines').replace(' is defined', ' !== undefined');
    const known = new nunjucks.Template(forNunjucks, environment, undefined, true);
    const jinja = `Jinja2 ${version}`;
    const compiling = { what: 'compile', ours: measure(() => compile(source, noOthers)), unit: 'µs' };
    const rendering = { what: 'render', ours: measure(() => ours.render(variables)), unit: 'µs' };
    const theirs = measure(() => new nunjucks.Template(forNunjucks, environment, undefined, true));
    return [
      { ...compiling, peer: { name: jinja, figure: jinjaCompile } },
      { ...compiling, peer: { name: 'nunjucks', figure: theirs } },
      { ...rendering, peer: { name: jinja, figure: jinjaRender } },
      { ...rendering, peer: { name: 'nunjucks', figure: measure(() => known.render(context)) } },
    ];
  },
};
