{%- from 'sep.tpl' import callManager, dateTimeSetting, directory, loadInformation, locales, phonePassword -%}
<device>
  <devicePool>
{{- dateTimeSetting(timeZone, ntp) }}
    <callManagerGroup>
      <members>
{%- for manager in callManagers %}
{{- callManager(manager.priority - 1, manager.host, {'ethernetPhonePort': manager.port or 2000}) }}
{%- endfor %}
      </members>
    </callManagerGroup>
    <srstInfo>
      <srstOption>Disable</srstOption>
    </srstInfo>
  </devicePool>
{%- if admin.password %}
  <commonProfile>
{{- phonePassword(admin) }}
  </commonProfile>
{%- endif %}
  <versionStamp>{Dec 17 2010 16:03:58}</versionStamp>
{{- loadInformation(model) }}
  <addOnModules></addOnModules>
{{- locales(locale) }}
  <idleTimeout>0</idleTimeout>
  <authenticationURL></authenticationURL>
  <directoryURL>{{ directory(phoneBook) }}</directoryURL>
  <idleURL></idleURL>
  <informationURL></informationURL>
  <messagesURL></messagesURL>
  <proxyServerURL></proxyServerURL>
  <servicesURL></servicesURL>
  <vendorConfig>
    <disableSpeaker>false</disableSpeaker>
    <disableSpeakerAndHeadset>false</disableSpeakerAndHeadset>
    <enableGroupListen>true</enableGroupListen>
    <g722CodecSupport>2</g722CodecSupport>
  </vendorConfig>
  <advertiseG722Codec>1</advertiseG722Codec>
</device>
