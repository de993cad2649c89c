{%- from 'phone-book.tpl' import input %}
{%- set facts = model or {} %}
{%- set generation = facts.generation | default(none) %}
{%- set book = phoneBook if phoneBook and phoneBook.userUuid else none %}
{%- set tls = sip.transport == 'tls' %}
{%- set boot = extra.boot %}
{#- Firmware 3 looks for languages in the folder of the file, later ones at the top of the server. #}
{%- set languageFolder = 'i18n/' if plugin.id.startswith('aastra-3.') else boot.folder ~ 'Aastra/i18n/' %}

{#- What follows a # is a comment, unless it stands in quotes, which are not part of the value; nor are blanks around it. #}
{%- macro text(value) -%}
{{ '"' ~ value ~ '"' if '#' in value or value.startswith('"') or value | trim != value else value }}
{%- endmacro %}

{#- 0.0.0.0 means that there is none. Left out, it would be the one of all lines. #}
{%- macro host(endpoint) -%}
{{ endpoint.host if endpoint else '0.0.0.0' }}
{%- endmacro %}

{#- The phone takes 5060 where it is told no port, also over TLS. #}
{%- macro port(endpoint) -%}
{{ (endpoint.port or (5061 if tls else 5060)) if endpoint else 5060 }}
{%- endmacro %}

{#- The name that the phone asks for in the folder of its own file. #}
{%- macro beside(file) -%}
{{ file | replace('Aastra/', '') }}
{%- endmacro %}

{#- By week: weeks from the first, or -1 for the last; days from Sunday, which is 1. By date: the day of the month. #}
{%- macro change(which, transition, byWeekday) %}
{%- set at = transition if byWeekday else transition.date %}
dst {{ which }} month: {{ at.month }}
dst {{ which }} hour: {{ at.clock.hours }}
{%- if byWeekday %}
dst {{ which }} week: {{ -1 if at.week == 'last' else at.week }}
dst {{ which }} day: {{ at.weekday % 7 + 1 }}
{%- else %}
dst {{ which }} day: {{ at.day }}
{%- endif %}
{%- endmacro %}

{#- What a key does that nobody has given anything to do, if what it needs is configured. #}
{%- macro preset(name, action) %}
{%- set codesOf = {'voicemail': codes.voicemail, 'forward': codes.forwardUnconditional, 'dnd': codes.dnd, 'pickup': codes.pickupCall} %}
{%- set type = words.preset[action] %}
{#- Phones of the 67 have a directory of their own, and the phone book on another key. #}
{%- set called = 'phoneBook' if type == 'directory' and generation != 67 else action %}
{%- if codesOf.get(action) or (book if action in ['phoneBook', 'free'] else type != 'speeddial') %}

{{ name }} type: {{ type }}
{%- if type == 'speeddial' %}
{{ name }} value: {{ text(codesOf[action]) }}
{%- elif type == 'xml' %}
{{ name }} value: {{ input(book, 'aastra') }}
{%- endif %}
{#- The keys of older phones have paper labels. #}
{%- if called in words.label and not (generation == 67 and name.startswith('prgkey')) %}
{{ name }} label: {{ (locale.words[called] if locale) or words.label[called] }}
{%- endif %}
{%- endif %}
{%- endmacro -%}

download protocol: {{ boot.scheme | upper }}
{{ boot.scheme }} server: {{ boot.host }}
{{ boot.scheme }} path: {{ boot.folder }}Aastra
{{ boot.scheme }} port: {{ boot.port }}
upgrade uri: {{ server.url }}/Aastra
contact rcs: 0
inactive minet present: 1

{%- if admin.password %}
admin password: {{ text(admin.password) }}
{%- endif %}
{%- if user.password %}
user password: {{ text(user.password) }}
{%- endif %}

{%- if dns %}
dns1: {{ dns.host }}
{%- endif %}
tagging enabled: {{ 1 if vlan else 0 }}
{%- if vlan %}
vlan id: {{ vlan.id }}
{%- if vlan.priority is not none %}
priority non-ip: {{ vlan.priority }}
{%- endif %}
{#- 4095: what comes from there is left without a tag. #}
vlan id port 1: {{ 4095 if vlan.pcPortId is none else vlan.pcPortId }}
{%- endif %}
tos sip: 46
tos rtp: 46

{%- if syslog %}
log server ip: {{ syslog.host }}
log server port: {{ syslog.port }}
{%- for module in ['linemgr', 'user interface', 'sip', 'ept', 'ind', 'kbd', 'net', 'provis', 'rtpt', 'snd', 'stun'] %}
log module {{ module }}: {{ words.syslogLevel[syslog.level] }}
{%- endfor %}
{%- endif %}

time server disabled: {{ 0 if ntp else 1 }}
{%- if ntp %}
time server1: {{ ntp.host }}
{%- endif %}
{%- if timeZone %}
time zone name: Custom
time zone minutes: {{ -(timeZone.standardOffset // 60) }}
{%- if timeZone.daylight %}
{%- set daylight = timeZone.daylight %}
dst config: 3
dst minutes: {{ [daylight.saving // 60, 60] | min }}
dst [start|end] relative date: {{ 1 if daylight.byWeekday else 0 }}
{{- change('start', daylight.start, daylight.byWeekday) }}
{{- change('end', daylight.end, daylight.byWeekday) }}
{%- else %}
dst config: 0
{%- endif %}
{%- endif %}

{%- if locale and locale.words.screen %}
language: 1
language 1: {{ languageFolder }}{{ locale.words.screen }}
{%- endif %}
{%- if locale and locale.words.tones %}
tone set: {{ locale.words.tones }}
{%- endif %}
{%- if locale and locale.words.input %}
input language: {{ locale.words.input }}
{%- endif %}
{%- if generation == 69 %}
date format: 8
{%- endif %}
{%- if facts.idleScreen | default(false) %}
idle screen mode: 1
{%- endif %}
{%- if generation != 67 %}
play a ring splash: 0
{%- if book %}
directory script: {{ input(book, 'aastra') }}
{%- endif %}
{%- endif %}

{%- if options.get('switchboard') %}
sip xml notify event: 1
call waiting: 0
{%- endif %}

sip transport protocol: {{ words.transport[sip.transport] }}
{#- A phone without a certificate can only be called on the connection that it has made; it keeps one. #}
{%- if tls %}
sips persistent tls: {{ 1 if serverSets | length < 2 and not sip.localCertificate else 0 }}
{%- endif %}
{%- if sip.trustedCertificates %}
sips trusted certificates: {{ beside(files['trusted.tpl']) }}
{%- endif %}
{%- if sip.localChain %}
sips root and intermediate certificates: {{ beside(files['chain.tpl']) }}
{%- endif %}
{%- if sip.localCertificate %}
sips local certificate: {{ beside(files['certificate.tpl']) }}
{%- endif %}
{%- if sip.localKey %}
sips private key: {{ beside(files['key.tpl']) }}
{%- endif %}
{#- G.722, G.729, G.711 µ-law and A-law. #}
sip customized codec: {% for payload in [9, 18, 0, 8] %}payload={{ payload }};ptime=20;silsupp=on{{ ',' if not loop.last }}{% endfor %}
{%- if sip.dtmf %}
sip out-of-band dtmf: {{ words.outOfBand[sip.dtmf] }}
sip dtmf method: {{ words.dtmf[sip.dtmf] }}
{%- endif %}
{%- if sip.subscribeMwi is not none %}
sip explicit mwi subscription: {{ sip.subscribeMwi | int }}
{%- endif %}
{%- if codes.pickupCall %}
directed call pickup prefix: {{ text(codes.pickupCall) }}
{%- endif %}

{%- set parking = keys | selectattr('type', 'equalto', 'park') | selectattr('value') | map(attribute='value') | first | default(none) %}
{%- for line in lines %}
{%- set name = 'sip line%s' % line.number %}

{{ name }} proxy ip: {{ host(line.proxy) }}
{{ name }} proxy port: {{ port(line.proxy) }}
{{ name }} backup proxy ip: {{ host(line.backupProxy) }}
{{ name }} backup proxy port: {{ port(line.backupProxy) }}
{{ name }} registrar ip: {{ host(line.registrar) }}
{{ name }} registrar port: {{ port(line.registrar) }}
{{ name }} backup registrar ip: {{ host(line.backupRegistrar) }}
{{ name }} backup registrar port: {{ port(line.backupRegistrar) }}
{%- if line.outboundProxy %}
{{ name }} outbound proxy: {{ host(line.outboundProxy) }}
{{ name }} outbound proxy port: {{ port(line.outboundProxy) }}
{%- endif %}
{{ name }} user name: {{ text(line.username) }}
{{ name }} auth name: {{ text(line.authUsername) }}
{{ name }} password: {{ text(line.password) }}
{{ name }} display name: {{ text(line.displayName) }}
{{ name }} screen name: {{ text(line.displayName) }}
{%- if line.extension %}
{{ name }} screen name 2: {{ text(line.extension) }}
{%- endif %}
{{ name }} dtmf method: {{ words.dtmf[line.dtmf] if line.dtmf else 0 }}
{{ name }} srtp mode: {{ words.srtp[line.srtp] }}
{%- if line.voicemail %}
{{ name }} vmail: {{ text(line.voicemail) }}
{%- endif %}
{%- if parking %}
{{ name }} park pickup config: {{ text(parking ~ ';' ~ parking ~ ';asterisk') }}
{%- endif %}
{%- endfor %}

{%- for name in facts.locked | default([]) %}
{{ name }} locked: 0
{%- endfor %}
{%- for place in keyPlaces %}
{%- set key = place.key %}
{%- set name = 'expmod%s key%s' % (place.module, place.index) if place.module else place.kind ~ place.index %}
{%- set action = (facts.presets | default({})).get(name) %}
{%- if key %}
{#- The lower keys of the 68 know no BLF. #}
{%- set type = 'speeddial' if key.type == 'blf' and place.kind == 'softkey' and generation == 68 else words.key[key.type] %}

{{ name }} type: {{ type }}
{%- if key.value %}
{{ name }} value: {{ text('asterisk;' ~ key.value if key.type == 'park' else key.value) }}
{%- endif %}
{%- if key.label or key.value %}
{{ name }} label: {{ text(key.label or key.value) }}
{%- endif %}
{{ name }} line: {{ key.line or 1 }}
{%- elif action %}
{{- preset(name, action) }}
{%- endif %}
{%- endfor %}

