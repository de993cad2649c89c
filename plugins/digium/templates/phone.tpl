<?xml version="1.0" encoding="UTF-8"?>
<config>
  <setting id="login_password" value="{{ admin.password or '789' }}" />
{%- if locale %}
  <setting id="locale" value="{{ locale.name }}" />
{%- endif %}
{%- if timeZone %}
  <setting id="time_zone" value="{{ timeZone.name }}" />
{%- endif %}
{%- if ntp %}
  <setting id="time_source" value="ntp" />
  <setting id="ntp_server" value="{{ ntp.host }}" />
  <setting id="ntp_resync" value="86400" />
{%- endif %}
  <setting id="network_vlan_id" value="{{ vlan.id if vlan else 0 }}" />
  <setting id="network_vlan_qos" value="{{ vlan.priority or 0 if vlan else 0 }}" />
  <setting id="accept_local_calls" value="any" />
  <setting id="backlight_timeout" value="30" />
  <setting id="ehs" value="Plantronics" />
  <setting id="enable_blf_on_unused_line_keys" value="1" />
  <setting id="blf_contact_group" value="Default" />

  <ringtones>
    <alerts>
      <alert alert_info="normal" ringtone_id="Digium" ring_type="normal" />
      <alert alert_info="answer" ringtone_id="" ring_type="answer" />
      <alert alert_info="ring-answer" ringtone_id="Digium" ring_type="answer" />
      <alert alert_info="intercom" ringtone_id="" ring_type="answer" />
      <alert alert_info="visual" ringtone_id="" ring_type="visual" />
    </alerts>
  </ringtones>

  <contacts url="{{ server.url }}/{{ files['contacts.tpl'] }}" id="internal" />

  <accounts>
{%- for line in lines %}
    <account
      index="{{ line.number - 1 }}"
      status="1"
      register="1"
      account_id="{{ line.username }}"
      username="{{ line.username }}"
      authname="{{ line.authUsername }}"
      password="{{ line.password }}"
      line_label="{{ line.displayName }}"
      dial_plan="x.T6"
      visual_voicemail="0"
      voicemail="{{ 'sip:%s@%s' % (line.voicemail, line.proxy.host) if line.voicemail }}"
{%- if line.outboundProxy %}
      outbound_proxy="{{ line.outboundProxy.host }}"
      outbound_port="{{ line.outboundProxy.port or (5061 if sip.transport == 'tls' else 5060) }}"
{%- endif %}
      conflict="replace">
{%- for rank, endpoint in [('primary', line.proxy), ('alternate', line.backupProxy)] if endpoint %}
      <host_{{ rank }}
        server="{{ endpoint.host }}"
        port="{{ endpoint.port or (5061 if sip.transport == 'tls' else 5060) }}"
        transport="{{ sip.transport }}"
        reregister="3600"
        retry="25"
        num_retries="5" />
{%- endfor %}
    </account>
{%- endfor %}
  </accounts>

  <firmwares>
{%- for firmware in plugin.firmware %}
{%- for image in firmware.images %}
    <firmware model="{{ firmware.model }}" version="{{ firmware.version | replace('.', '_') }}" url="{{ server.url }}/{{ image }}" />
{%- endfor %}
{%- endfor %}
  </firmwares>
</config>
