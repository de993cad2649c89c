<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
{%- from 'phone-book.tpl' import input %}
{#- The phone keeps what begins with device. and takes it when .set is 1; all else it forgets when it is not told any more. #}
{%- macro keep(name, value) %}
    {{ name }}.set="1"
    {{ name }}="{{ value }}"
{%- endmacro %}

{%- macro srtp(prefix, mode, enabled) %}
    {{ prefix }}.srtp.enable="{{ enabled | int }}"
    {{ prefix }}.srtp.offer="{{ (mode != 'disabled') | int }}"
    {{ prefix }}.srtp.require="{{ (mode == 'required') | int }}"
{%- endmacro %}

{#- Sunday is 1. 1, 8, 15, 22 are the first to the fourth of the month; dates go with fixedDayEnable, hours without minutes. #}
{%- macro change(prefix, transition, byWeekday) %}
{%- if byWeekday %}
    {{ prefix }}.month="{{ transition.month }}"
    {{ prefix }}.time="{{ transition.clock.hours }}"
    {{ prefix }}.dayOfWeek="{{ transition.weekday % 7 + 1 }}"
    {{ prefix }}.dayOfWeek.lastInMonth="{{ (transition.week == 'last') | int }}"
{%- if transition.week != 'last' %}
    {{ prefix }}.date="{{ transition.week * 7 - 6 }}"
{%- endif %}
{%- else %}
    {{ prefix }}.month="{{ transition.date.month }}"
    {{ prefix }}.date="{{ transition.date.day }}"
    {{ prefix }}.time="{{ transition.date.clock.hours }}"
{%- endif %}
{%- endmacro %}
{%- set dtmf = sip.dtmf or (lines | map(attribute='dtmf') | select | first | default(none)) %}
{%- set modes = lines | map(attribute='srtp') | list + [sip.srtp] %}
<polycomConfig>
  <device
    device.set="1"
{{- keep('device.prov.tagSerialNo', 1) }}
{{- keep('device.net.vlanId', vlan.id if vlan else '') }}
{{- keep('device.dns.serverAddress', dns.host) if dns }}
{{- keep('device.syslog.serverName', syslog.host if syslog else '') }}
{{- keep('device.syslog.transport', 1 if syslog else 0) }}
{{- keep('device.syslog.renderLevel', words.syslogLevel[syslog.level] if syslog else 1) }}
{{- keep('device.auth.localAdminPassword', admin.password) if admin.password }}
{{- keep('device.auth.localUserPassword', user.password) if user.password }}
  />
  <qos
    qos.ip.callControl.dscp="46"
    qos.ip.rtp.dscp="46"
{%- if vlan and vlan.priority is not none %}
    qos.ethernet.callControl.user_priority="{{ vlan.priority }}"
    qos.ethernet.rtp.user_priority="{{ vlan.priority }}"
{%- endif %}
  />
  <tcpIpApp
    tcpIpApp.sntp.address.overrideDHCP="{{ 1 if ntp else 0 }}"
    tcpIpApp.sntp.address="{{ ntp.host if ntp else '' }}"
{%- if timeZone %}
    tcpIpApp.sntp.gmtOffset.overrideDHCP="1"
    tcpIpApp.sntp.gmtOffset="{{ timeZone.standardOffset }}"
    tcpIpApp.sntp.daylightSavings.enable="{{ 1 if timeZone.daylight else 0 }}"
{%- set daylight = timeZone.daylight %}
{%- if daylight %}
    tcpIpApp.sntp.daylightSavings.fixedDayEnable="{{ 0 if daylight.byWeekday else 1 }}"
{{- change('tcpIpApp.sntp.daylightSavings.start', daylight.start, daylight.byWeekday) }}
{{- change('tcpIpApp.sntp.daylightSavings.stop', daylight.end, daylight.byWeekday) }}
{%- endif %}
{%- endif %}
  />
  <lcl lcl.ml.lang="{{ (locale.words.screen if locale) or '' }}" />
{#- All of the phone has one way to send tones. #}
  <tone
    tone.dtmf.viaRtp="{{ 0 if dtmf == 'SIP-INFO' else 1 }}"
    tone.dtmf.rfc2833Control="{{ 0 if dtmf in ['SIP-INFO', 'RTP-in-band'] else 1 }}"
    voIpProt.SIP.dtmfViaSignaling.rfc2976="{{ 1 if dtmf == 'SIP-INFO' else 0 }}"
  />
  <sec
{{- srtp('sec', sip.srtp, modes | reject('equalto', 'disabled') | list | length > 0) }}
{%- for certificate in sip.trustedCertificates[:6] %}
    sec.TLS.customCaCert.{{ loop.index }}="{{ certificate | trim }}"
    sec.TLS.profile.1.caCert.application{{ loop.index }}="1"
{%- endfor %}
{%- if sip.localCertificate and sip.localKey %}
    sec.TLS.customDeviceCert.1="{{ ([sip.localCertificate] + sip.localChain) | map('trim') | join('\n') }}"
    sec.TLS.customDeviceKey.1="{{ sip.localKey | trim }}"
    sec.TLS.profile.1.deviceCert="Application1"
{%- endif %}
{%- if sip.trustedCertificates or (sip.localCertificate and sip.localKey) %}
    sec.TLS.profileSelection.SIP="ApplicationProfile1"
{%- endif %}
  />
{%- for line in lines %}
{%- set account = 'reg.' ~ line.number %}
  <reg
    {{ account }}.displayName="{{ line.displayName }}"
    {{ account }}.label="{{ line.extension or line.displayName }}"
    {{ account }}.address="{{ line.username }}"
    {{ account }}.auth.userId="{{ line.authUsername }}"
    {{ account }}.auth.password="{{ line.password }}"
{%- for endpoint in [line.proxy, line.backupProxy] if endpoint %}
{%- set server = account ~ '.server.' ~ loop.index %}
    {{ server }}.address="{{ endpoint.host }}"
    {{ server }}.port="{{ endpoint.port or '' }}"
    {{ server }}.transport="{{ words.transport[sip.transport] }}"
    {{ server }}.expires="3600"
{%- if loop.first %}
    {{ server }}.register="1"
    {{ server }}.retryMaxCount="2"
{%- endif %}
{%- endfor %}
{%- if line.outboundProxy %}
    {{ account }}.outboundProxy.address="{{ line.outboundProxy.host }}"
    {{ account }}.outboundProxy.port="{{ line.outboundProxy.port or '' }}"
    {{ account }}.outboundProxy.transport="{{ words.transport[sip.transport] }}"
{%- endif %}
{%- if line.srtp != sip.srtp %}
{{- srtp(account, line.srtp, line.srtp != 'disabled') }}
{%- endif %}
  />
  <msg
    msg.mwi.{{ line.number }}.subscribe="{{ (line.extension or line.username) if sip.subscribeMwi else '' }}"
    msg.mwi.{{ line.number }}.callBackMode="contact"
    msg.mwi.{{ line.number }}.callBack="{{ line.voicemail or '' }}"
  />
{%- endfor %}
  <call
    call.callWaiting.enable="{{ 0 if options.get('switchboard') else 1 }}"
{%- if codes.pickupCall %}
    call.directedCallPickupString="{{ codes.pickupCall }}"
{%- endif %}
  />
{%- set configured = keyPlaces | map(attribute='key') | select | selectattr('value') | list %}
  <attendant
{%- for key in configured if not key.inCall %}
    attendant.resourceList.{{ key.position }}.address="{{ key.value }}"
    attendant.resourceList.{{ key.position }}.label="{{ key.label or '' }}"
{%- if key.type == 'park' %}
    attendant.resourceList.{{ key.position }}.type="automata"
{%- endif %}
{%- endfor %}
  />
{%- set book = phoneBook if phoneBook and phoneBook.userUuid and (model or {}).browser | default(true) else none %}
{%- if book %}
{%- set url = input(book, 'polycom') %}
  <mb mb.main.home="{{ url }}" />
  <softkey
    softkey.1.enable="1"
    softkey.1.action="{{ url }}"
    softkey.1.label="{{ (locale.words.directory if locale) or 'Directory' }}"
    softkey.1.use.idle="1"
  />
{%- endif %}
{%- if codes.pickupGroup %}
  <softkey
    softkey.2.enable="1"
    softkey.2.action="{{ codes.pickupGroup }}$Tinvite$"
    softkey.2.label="{{ (locale.words.pickup if locale) or 'Pickup' }}"
    softkey.2.use.idle="1"
  />
{%- endif %}
{#- A phone has ten soft keys. #}
{%- for key in (configured | selectattr('inCall') | list)[:8] %}
  <softkey
    softkey.{{ loop.index + 2 }}.enable="1"
    softkey.{{ loop.index + 2 }}.action="{{ key.value }}$Tdtmf$"
    softkey.{{ loop.index + 2 }}.label="{{ key.label or key.value }}"
    softkey.{{ loop.index + 2 }}.use.active="1"
  />
{%- endfor %}
{#- Nothing may be pushed onto the screen. #}
  <apps
    apps.push.messageType="0"
    apps.push.username=""
    apps.push.password=""
  />
</polycomConfig>
