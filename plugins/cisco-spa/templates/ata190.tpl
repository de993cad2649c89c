{#- One port of an ATA190, the first unless `port` is set. -#}
{%- from 'sep.tpl' import callFeatures, callManager, dateTimeSetting, dtmfWays, loadInformation, serviceUris, sipStack, transports -%}
{%- set port = port or 1 %}
{%- set place = linePlaces | selectattr('number', 'eq', port) | list %}
{%- set line = place[0].line if place else none %}
{%- set label = (line.extension or line.username) if line else '' %}
<device>
  <deviceProtocol>SIP</deviceProtocol>
  <devicePool>
{{- dateTimeSetting(timeZone, ntp) }}
    <callManagerGroup>
      <name>Default</name>
      <tftpDefault>true</tftpDefault>
      <members>
{%- for server in [line.proxy, line.backupProxy] if line and server %}
{{- callManager(loop.index0, server.host, { 'sipPort': server.port or 5060, 'securedSipPort': (server.port if sip.transport == 'tls') or 5061 }) }}
{%- endfor %}
      </members>
    </callManagerGroup>
    <srstInfo>
      <userModifiable>false</userModifiable>
      <isSecure>false</isSecure>
    </srstInfo>
  </devicePool>
  <sipProfile>
    <phoneLabel>{{ label }}</phoneLabel>
    <sipProxies>
      <outboundProxy>{{ line.outboundProxy.host if line and line.outboundProxy }}</outboundProxy>
      <outboundProxyPort>{{ line.outboundProxy.port or '' if line and line.outboundProxy }}</outboundProxyPort>
      <registerWithProxy>true</registerWithProxy>
    </sipProxies>
    <sipCallFeatures>
      <cnfJoinEnabled>true</cnfJoinEnabled>
{{- callFeatures() }}
      <dndControl>0</dndControl>
      <retainForwardInformation>true</retainForwardInformation>
      <callForwardURI>x-cisco-serviceuri-cfwdall</callForwardURI>
{{- serviceUris(codes.pickupGroup) }}
    </sipCallFeatures>
{{- sipStack('Phone') }}
    <dtmfOutofBand>{{ dtmfWays[line.dtmf] if line and line.dtmf else 'avt' }}</dtmfOutofBand>
    <sipLines>
{%- if line %}
      <line>
        <featureID>9</featureID>
        <featureLabel>{{ line.displayName }}</featureLabel>
        <proxy>{{ line.proxy.host if line.proxy }}</proxy>
        <port>{{ (line.proxy.port if line.proxy) or (5061 if sip.transport == 'tls' else 5060) }}</port>
        <displayName>{{ label }}</displayName>
        <contact>{{ label }}</contact>
        <name>{{ line.username }}</name>
        <authName>{{ line.authUsername }}</authName>
        <authPassword>{{ line.password }}</authPassword>
        <sharedLine>false</sharedLine>
{%- if line.voicemail %}
        <messagesNumber>{{ line.voicemail }}</messagesNumber>
{%- endif %}
      </line>
{%- endif %}
    </sipLines>
    <dialTemplate>dialplan.xml</dialTemplate>
  </sipProfile>
{{- loadInformation(model) }}
  <transportLayerProtocol>{{ transports[sip.transport] }}</transportLayerProtocol>
</device>
