#!version:1.0.0.1
{%- from 'phone-book.tpl' import lookup, service %}
{%- set facts = model or {} %}
{%- set dect = facts.dect | default(none) %}
{%- set android = facts.android | default(false) %}

{#- The servers of an account, or of a template that accounts of bases with many cells name. %NULL% takes back what was there. #}
{%- macro servers(owner, set) %}
{%- for endpoint in [set.proxy, set.backupProxy] %}
{{ owner }}.sip_server.{{ loop.index }}.address = {{ endpoint.host if endpoint else '%NULL%' }}
{{ owner }}.sip_server.{{ loop.index }}.port = {{ port(endpoint) }}
{{ owner }}.sip_server.{{ loop.index }}.transport_type = {{ words.transport[sip.transport] }}
{%- endfor %}
{{ owner }}.outbound_proxy_enable = {{ 1 if set.outboundProxy else 0 }}
{{ owner }}.outbound_proxy.1.address = {{ set.outboundProxy.host if set.outboundProxy else '%NULL%' }}
{{ owner }}.outbound_proxy.1.port = {{ port(set.outboundProxy) }}
{%- endmacro %}

{#- The phone takes 5060 where it is told no port, also over TLS. #}
{%- macro port(endpoint) -%}
{{ (endpoint.port or (5061 if sip.transport == 'tls' else '%NULL%')) if endpoint else '%NULL%' }}
{%- endmacro %}

{%- macro noServers(owner) %}
{%- for number in [1, 2] %}
{{ owner }}.sip_server.{{ number }}.address = %NULL%
{{ owner }}.sip_server.{{ number }}.port = %NULL%
{{ owner }}.sip_server.{{ number }}.transport_type = %NULL%
{%- endfor %}
{{ owner }}.outbound_proxy_enable = 0
{{ owner }}.outbound_proxy.1.address = %NULL%
{{ owner }}.outbound_proxy.1.port = %NULL%
{%- endmacro %}

{#- +1, -3:30 #}
{%- macro offset(clock) -%}
{{ clock.sign }}{{ clock.hours }}{{ ':%02d' % clock.minutes if clock.minutes }}
{%- endmacro %}

{#- By week: month, week of the month (5 is the last), weekday (7 is Sunday), hour. By date: month, day, hour. #}
{%- macro change(transition, byWeekday) -%}
{%- if byWeekday -%}
{{ transition.month }}/{{ 5 if transition.week == 'last' else transition.week }}/{{ transition.weekday }}/{{ transition.clock.hours }}
{%- else -%}
{{ '%02d/%02d/%02d' % (transition.date.month, transition.date.day, transition.date.clock.hours) }}
{%- endif -%}
{%- endmacro %}

static.auto_provision.server.url = {{ server.url }}/
static.auto_provision.pnp_enable = 0
static.auto_provision.custom.protect = 1
{%- if dect %}
static.auto_provision.handset_configured.enable = 1
{%- endif %}

{%- if facts.images | default([]) %}
{#- A base with many cells hands its file on to its other bases, each of which puts its own product name for $PN. #}
static.firmware.url = {{ server.url }}/{{ model.images[0] | replace(model.name, '$PN') if dect == 'multi-cell' else model.images[0] }}
{%- endif %}
{%- for handset, image in (facts.handsets | default({})).items() %}
over_the_air.url.{{ handset }} = {{ server.url }}/firmware/{{ image }}
{%- if loop.last %}
over_the_air.handset_tip = 0
{%- endif %}
{%- endfor %}

static.security.user_name.user = {{ user.username or 'user' }}
static.security.user_name.admin = {{ admin.username or 'admin' }}
{%- for account, name in [(user, 'user'), (admin, 'admin')] if account.password %}
static.security.user_password = {{ account.username or name }}:{{ account.password }}
{%- endfor %}
{%- if sip.trustedCertificates %}
static.security.trust_certificates = 1
static.security.ca_cert = 2
static.trusted_certificates.url = {{ server.url }}/{{ files['trusted.tpl'] }}
{%- endif %}
{%- if sip.localCertificate %}
static.security.dev_cert = 1
static.server_certificates.url = {{ server.url }}/{{ files['device.tpl'] }}
{%- endif %}

static.network.vlan.internet_port_enable = {{ 1 if vlan and vlan.id else 0 }}
static.network.vlan.internet_port_vid = {{ vlan.id if vlan and vlan.id else '%NULL%' }}
static.network.vlan.internet_port_priority = {{ vlan.priority if vlan and vlan.id and vlan.priority is not none else '%NULL%' }}
{%- if not dect %}
static.network.vlan.pc_port_enable = {{ 1 if vlan and vlan.pcPortId else 0 }}
static.network.vlan.pc_port_vid = {{ vlan.pcPortId if vlan and vlan.pcPortId else '%NULL%' }}
{%- endif %}
static.network.static_dns_enable = {{ 1 if dns else 0 }}
static.network.primary_dns = {{ dns.host if dns else '%NULL%' }}

static.syslog.{{ 'mode' if dect else 'enable' }} = {{ 1 if syslog else 0 }}
static.syslog.server = {{ syslog.host if syslog else '%NULL%' }}
static.syslog.server_port = {{ syslog.port if syslog else '%NULL%' }}
static.syslog.level = {{ words.syslogLevel[syslog.level] if syslog else '%NULL%' }}

lang.wui = {{ (locale.words.screen if locale) or '%NULL%' }}
{%- if dect %}
custom.handset.language = {{ locale.words.handset if locale and locale.words.handset is not none else '%NULL%' }}
custom.handset.date_format = 2
custom.handset.screen_saver.enable = 0
{%- else %}
lang.gui = {{ (locale.words.screen if locale) or '%NULL%' }}
local_time.date_format = 2
{%- endif %}
voice.tone.country = {{ (locale.words.tones if locale) or '%NULL%' }}

local_time.ntp_server1 = {{ ntp.host if ntp else 'pool.ntp.org' }}
{%- if timeZone %}
local_time.time_zone = {{ offset(timeZone.offset) }}
{%- if timeZone.daylight %}
local_time.summer_time = 1
local_time.dst_time_type = {{ 1 if timeZone.daylight.byWeekday else 0 }}
local_time.start_time = {{ change(timeZone.daylight.start, timeZone.daylight.byWeekday) }}
local_time.end_time = {{ change(timeZone.daylight.end, timeZone.daylight.byWeekday) }}
local_time.offset_time = {{ timeZone.daylight.saving // 60 }}
{%- else %}
local_time.summer_time = 0
{%- endif %}
{%- else %}
local_time.time_zone = %NULL%
local_time.time_zone_name = %NULL%
local_time.summer_time = %NULL%
{%- endif %}

{%- set book = phoneBook if phoneBook and phoneBook.userUuid else none %}
remote_phonebook.data.1.url = {{ lookup(book, 'yealink', 'term=#SEARCH') if book else '%NULL%' }}
remote_phonebook.data.1.name = {{ 'Wazo' if book else '%NULL%' }}

sip.notify_reboot_enable = 0
transfer.dsskey_deal_type = 1
call_waiting.enable = {{ 0 if options.get('switchboard') else 1 }}
features.pickup.direct_pickup_enable = {{ 1 if codes.pickupCall else 0 }}
features.pickup.direct_pickup_code = {{ codes.pickupCall or '%NULL%' }}
features.pickup.group_pickup_enable = {{ 1 if codes.pickupGroup else 0 }}
features.pickup.group_pickup_code = {{ codes.pickupGroup or '%NULL%' }}

{%- if not dect %}
{%- for number in range(1, 9) %}
distinctive_ring_tones.alert_info.{{ number }}.text = ring{{ number }}
distinctive_ring_tones.alert_info.{{ number }}.ringer = {{ number }}
{%- endfor %}

features.caller_name_type_on_dialing = 1
features.text_message.enable = 0
features.text_message_popup.enable = 0
features.config_dsskey_length = 1
features.dnd.large_icon.enable = 1
features.action_uri_limit_ip = {{ serverSets | map(attribute='proxy.host') | unique | join(',') or '%NULL%' }}
features.show_action_uri_option = 0
features.direct_ip_call_enable = 1
sip.trust_ctrl = 1
static.usb.power.enable = 1
static.directory_setting.url = {{ server.url }}/{{ files['directory.tpl'] }}
{%- for action in ['on', 'off'] %}
action_url.dnd_{{ action }} = {{ service(book, 'yealink', 'dnd', 'enable' if action == 'on' else 'disable') if book else '%NULL%' }}
{%- endfor %}
{%- endif %}

{%- if dect == 'multi-cell' %}
{%- for set in serverSets %}

template.{{ set.number }}.name = Servers {{ set.number }}
{{- servers('template.' ~ set.number, set) }}
{%- endfor %}
{%- endif %}

{%- for place in linePlaces %}
{%- set account = 'account.' ~ place.number %}
{%- set line = place.line %}
{%- if line %}

{{ account }}.enable = 1
{{ account }}.label = {{ extra.labels[line.number] }}
{{ account }}.display_name = {{ line.displayName }}
{{ account }}.auth_name = {{ line.authUsername }}
{{ account }}.user_name = {{ line.username }}
{{ account }}.password = {{ line.password }}
{%- if dect == 'multi-cell' %}
{{ account }}.sip_server.template = {{ line.serverSet }}
{%- else %}
{{- servers(account, line) }}
{%- endif %}
{{ account }}.fallback.redundancy_type = 1
{{ account }}.cid_source = 2
{{ account }}.alert_info_url_enable = 0
{{ account }}.nat.udp_update_enable = {{ 0 if dect == 'single-cell' else 1 }}
{{ account }}.dtmf.type = {{ words.dtmf[line.dtmf or 'SIP-INFO'] }}
{{ account }}.dtmf.info_type = 1
{{ account }}.srtp_encryption = {{ words.srtp[line.srtp] }}
{%- for codec in ['g722', 'pcmu', 'pcma', 'g729'] %}
{{ account }}.codec.{{ codec }}.enable = 1
{%- endfor %}
{%- for codec in ['g722_1c_48kpbs', 'g722_1c_32kpbs', 'g722_1c_24kpbs', 'g722_1_24kpbs'] %}
{{ account }}.codec.{{ codec }}.enable = {{ 0 if android else 1 }}
{%- endfor %}
{%- for codec in ['g726_16', 'g726_24', 'g726_32', 'g726_40', 'g723_53', 'g723_63', 'opus', 'ilbc'] %}
{{ account }}.codec.{{ codec }}.enable = 0
{%- endfor %}
{%- if android %}
{%- for codec in ['h264', 'h264hp', 'vp8'] %}
{{ account }}.video.{{ codec }}.enable = 0
{%- endfor %}
{%- endif %}
{{ account }}.subscribe_mwi = {{ '%NULL%' if sip.subscribeMwi is none else sip.subscribeMwi | int }}
voice_mail.number.{{ place.number }} = {{ line.voicemail or '%NULL%' }}
{%- else %}

{{ account }}.enable = 0
{{ account }}.label = %NULL%
{{ account }}.display_name = %NULL%
{{ account }}.auth_name = %NULL%
{{ account }}.user_name = %NULL%
{{ account }}.password = %NULL%
{%- if dect == 'multi-cell' %}
{{ account }}.sip_server.template = %NULL%
{%- else %}
{{- noServers(account) }}
{%- endif %}
{{ account }}.subscribe_mwi = %NULL%
voice_mail.number.{{ place.number }} = %NULL%
{%- endif %}
{%- endfor %}

{%- for place in keyPlaces %}
{%- set key = place.key %}
{%- set name = ('expansion_module.' ~ place.module ~ '.key.' ~ place.index) if place.module else ((place.kind or 'linekey') ~ '.' ~ place.index) %}

{% if key -%}
{{ name }}.type = {{ words.ownKey.dtmf if key.inCall else words.key[key.type] }}
{{ name }}.line = {{ key.line or 1 }}
{{ name }}.value = {{ key.value or '%NULL%' }}
{{ name }}.label = {{ key.label or '%NULL%' }}
{%- if key.type == 'blf' %}
{{ name }}.extension = {{ codes.pickupCall or '%NULL%' }}
{%- endif %}
{%- elif place.line -%}
{{ name }}.type = {{ words.ownKey.line }}
{{ name }}.line = {{ place.line.number }}
{{ name }}.value = {{ place.line.extension or place.line.username }}
{{ name }}.label = {{ place.line.extension or place.line.displayName }}
{%- else -%}
{{ name }}.type = {{ words.ownKey.none }}
{{ name }}.line = %NULL%
{{ name }}.value = %NULL%
{{ name }}.label = %NULL%
{%- endif %}
{%- endfor %}

