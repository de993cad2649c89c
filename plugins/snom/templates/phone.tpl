<?xml version="1.0" encoding="UTF-8" ?>
{%- from 'address.tpl' import address %}
{%- from 'phone-book.tpl' import input %}
{#- R: told by the server, RW: what the phone's menu changes stays. #}
{%- macro p(name, value='', permission='R') %}
    <{{ name }} perm="{{ permission }}">{{ value }}</{{ name }}>
{%- endmacro %}
{%- macro yesNo(condition) -%}
{{ 'on' if condition else 'off' }}
{%- endmacro %}
{#- 03.05.07 02:00:00: the month, the week, 05 being the last, the weekday from Monday, which is 01. #}
{%- macro change(transition, byWeekday) -%}
{%- set clock = transition.clock if byWeekday else transition.date.clock -%}
{%- if byWeekday -%}
{{ '%02d.%02d.%02d' % (transition.month, 5 if transition.week == 'last' else transition.week, transition.weekday) }}
{%- else -%}
{{ '%02d.%02d' % (transition.date.day, transition.date.month) }}
{%- endif -%}
{{ ' %02d:%02d:00' % (clock.hours, clock.minutes) }}
{%- endmacro %}
{%- set book = phoneBook if phoneBook and phoneBook.userUuid else none %}
<settings>
  <phone-settings>
{%- for name, value in [
  ('auto_reboot_on_setting_change', 'on'), ('provisioning_order', 'dhcp:stop redirection:stop'), ('retry_after_failed_register', '5:60'),
  ('date_us_format', 'off'), ('time_24_format', 'on'), ('dialnumber_us_format', 'off'), ('always_show_active_call', 'off'),
  ('transfer_on_hangup', 'off'), ('transfer_on_hangup_non_pots', 'off'), ('quick_transfer', 'attended'),
  ('transfer_dialing_on_other', 'attended'), ('mute_is_dnd_in_idle', 'on'), ('display_method', 'display_name_number'),
  ('pnp_config', 'off'), ('update_policy', 'auto_update'), ('subscription_delay', 0), ('mwi_dialtone', 'normal'), ('cw_dialtone', 'off'),
  ('network_id_port', 5060), ('answer_after_policy', 'idle'), ('call_completion', 'off'), ('challenge_response', 'off'),
  ('filter_registrar', 'off'), ('user_phone', 'off'), ('codec_tos', 184), ('signaling_tos', 184),
] %}
{{- p(name, value) }}
{%- endfor %}
{{- p('admin_mode', 'off', 'RW') }}
{{- p('setting_server', server.url ~ '/', 'RW') }}
{%- if model and model.images %}
{{- p('firmware_status', server.url ~ '/' ~ files['firmware.tpl']) }}
{%- endif %}

{{- p('vlan_id', vlan.id if vlan else '') }}
{{- p('vlan_qos', (vlan.priority or 0) if vlan else '') }}
{{- p('vlan_pc_id', (vlan.pcPortId or 0) if vlan else '') }}
{{- p('dns_server1', dns.host if dns else '') }}
{{- p('ntp_server', ntp.host if ntp else '') }}
{{- p('syslog_server', syslog.host ~ ':' ~ syslog.port if syslog else '') }}
{{- p('log_level', words.syslogLevel[syslog.level] if syslog else 5) }}

{%- if user.username %}
{{- p('webserver_user_name', user.username) }}
{%- endif %}
{%- if user.password %}
{{- p('webserver_user_password', user.password) }}
{%- endif %}
{%- if admin.username %}
{{- p('http_user', admin.username) }}
{{- p('webserver_admin_name', admin.username) }}
{%- endif %}
{%- if admin.password %}
{{- p('http_pass', admin.password) }}
{{- p('admin_mode_password', admin.password) }}
{{- p('webserver_admin_password', admin.password) }}
{%- endif %}

{%- if locale %}
{%- if locale.words.screen %}
{{- p('language', locale.words.screen) }}
{{- p('web_language', locale.words.screen) }}
{%- endif %}
{%- if locale.words.tones %}
{{- p('tone_scheme', locale.words.tones) }}
{%- endif %}
{%- endif %}
{#- A zone by its name would count more than the rule. #}
{%- if timeZone %}
{%- set daylight = timeZone.daylight %}
{{- p('timezone') }}
{{- p('utc_offset', '%+d' % timeZone.standardOffset) }}
{{- p('dst', '%d %s %s' % (daylight.saving, change(daylight.start, daylight.byWeekday), change(daylight.end, daylight.byWeekday)) if daylight else '') }}
{%- endif %}

{#- An account with a backup has a second one, which is hidden, and takes over. -#}
{%- macro account(line, number, registrar, outbound, hidden) %}
    <user_active idx="{{ number }}" perm="R">on</user_active>
    <user_idle_text idx="{{ number }}" perm="R">{{ line.displayName }}{{ ' ' ~ (line.extension or line.username) if hidden }}</user_idle_text>
{%- if not hidden %}
    <user_idle_number idx="{{ number }}" perm="R">{{ line.extension or '' }}</user_idle_number>
{%- endif %}
    <user_host idx="{{ number }}" perm="R">{{ registrar.host if registrar }}</user_host>
    <user_outbound idx="{{ number }}" perm="R">{{ address(outbound) ~ ';transport=' ~ sip.transport if outbound }}</user_outbound>
    <user_srtp idx="{{ number }}" perm="R">{{ words.srtp[line.srtp] }}</user_srtp>
    <user_savp idx="{{ number }}" perm="R">{{ words.savp[line.srtp] }}</user_savp>
    <user_auth_tag idx="{{ number }}" perm="R">off</user_auth_tag>
    <user_name idx="{{ number }}" perm="R">{{ line.username }}</user_name>
    <user_pname idx="{{ number }}" perm="R">{{ line.authUsername }}</user_pname>
    <user_pass idx="{{ number }}" perm="R">{{ line.password }}</user_pass>
    <user_realname idx="{{ number }}" perm="R">{{ line.displayName }}</user_realname>
    <user_mailbox idx="{{ number }}" perm="R">{{ line.voicemail or '' }}</user_mailbox>
    <user_dtmf_info idx="{{ number }}" perm="R">{{ words.dtmf[line.dtmf] if line.dtmf else 'off' }}</user_dtmf_info>
    <codec_priority_list idx="{{ number }}" perm="R">pcma,pcmu,g722,g729,telephone-event</codec_priority_list>
    <mac_info_in_sip_register idx="{{ number }}" perm="R">on</mac_info_in_sip_register>
    <hide_identity idx="{{ number }}" perm="R">{{ 'true' if hidden else 'false' }}</hide_identity>
{%- endmacro %}
{%- set free = [] %}
{%- for place in linePlaces %}
{%- set line = place.line %}
{%- if line %}
{{- account(line, line.number, line.registrar or line.proxy, line.outboundProxy or line.proxy, false) }}
    <user_failover_identity idx="{{ line.number }}" perm="R">{{ extra.backups.get(line.number, '') }}</user_failover_identity>
{%- elif place.number not in extra.backups.values() %}
    <user_active idx="{{ place.number }}" perm="R">off</user_active>
    <user_name idx="{{ place.number }}" perm="R"></user_name>
    <user_pname idx="{{ place.number }}" perm="R"></user_pname>
    <user_pass idx="{{ place.number }}" perm="R"></user_pass>
{%- endif %}
{%- endfor %}
{%- for line in lines if extra.backups.get(line.number) %}
{{- account(line, extra.backups[line.number], line.backupRegistrar or line.backupProxy, line.backupProxy, true) }}
{%- endfor %}
{#- Backups register only when they are needed, and nobody is to be told of it. #}
    <status_msgs_that_are_blocked perm="R">
{%- for number in extra.backups.values() %}{{ ' Identity%02dIsNotRegistered' % number }}{% endfor -%}
    </status_msgs_that_are_blocked>
{{- p('call_waiting', yesNo(not options.get('switchboard'))) }}

{{- p('dkey_directory', 'url ' ~ input(book, 'snom') if book else 'keyevent F_ADR_BOOK') }}
{%- if model and model.softKeys %}
{%- if book %}
    <context_key idx="0" perm="R">
      <initialization>
        <variable name="label" value="{{ (locale.words.directory if locale) or 'Directory' }}"/>
        <variable name="icon" value="kIconTypeFkeyAdrBook"/>
      </initialization>
      <action>
        <url target="{{ input(book, 'snom') }}" when="on press"/>
      </action>
    </context_key>
{%- else %}
    <context_key idx="0" perm="R">keyevent F_ADR_BOOK</context_key>
{%- endif %}
{%- for event in ['F_REDIRECT', 'F_CALL_LIST', 'F_STATUS'] %}
    <context_key idx="{{ loop.index }}" perm="R">keyevent {{ event }}</context_key>
{%- endfor %}
{%- elif model and model.directoryKey %}
{{- p('gui_fkey1', 'keyevent F_NONE' if book else 'keyevent F_ADR_BOOK') }}
{%- endif %}
  </phone-settings>
{%- if sip.trustedCertificates %}
  <certificates>
    <certificate url="{{ server.url }}/{{ files['trusted.tpl'] }}"/>
  </certificates>
{%- endif %}
  <functionKeys>
{%- macro function(key) -%}
{%- if key.type == 'blf' -%}
blf {{ key.value }}{{ '|' ~ codes.pickupCall if codes.pickupCall }}
{%- elif key.type == 'park' -%}
{{ (model.park if model) or 'speed' }} {{ key.value }}
{%- else -%}
speed {{ key.value }}
{%- endif -%}
{%- endmacro %}
{%- set told = keys | selectattr('value') | list %}
{%- for key in told %}
{%- set label = key.label or key.value %}
    <fkey idx="{{ key.position - 1 }}" short_label="{{ label }}" label="{{ label }}" context="{{ key.line if (key.line or 1) > 1 else 'active' }}" perm="R">{{ function(key) }}</fkey>
{%- endfor %}
{%- set taken = told | map(attribute='position') | list %}
{%- for place in keyPlaces if place.position not in taken %}
    <fkey idx="{{ place.position - 1 }}" short_label="" label="" context="active" perm="R">line</fkey>
{%- endfor %}
  </functionKeys>
</settings>
