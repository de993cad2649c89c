<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<polycomConfig>
  <feature
    feature.directedCallPickup.enabled="1"
    feature.enhancedFeatureKeys.enabled="1"
    feature.urlDialing.enabled="0"
  />
  <call call.directedCallPickupMethod="legacy" />
{#- The factory's plan is that of North America. Here a number is dialled three seconds after its last digit. #}
  <dialplan
    dialplan.digitmap="xx.T|*xx.T|**xx.T|+xx.T"
    dialplan.impossibleMatchHandling="2"
  />
{#- 0 takes out the wideband codecs of the vendor's own, which the factory prefers. #}
  <voice
    voice.codecPref.G722="1"
    voice.codecPref.G711_A="2"
    voice.codecPref.G711_Mu="3"
    voice.codecPref.G729_AB="4"
  {%- for codec in ['G7221.32kbps', 'G7221_C.48kbps', 'Siren14.48kbps', 'Siren22.64kbps'] %}
    voice.codecPref.{{ codec }}="0"
  {%- endfor %}
  />
  <up up.oneTouchVoiceMail="1" />
  <prov prov.quickSetup.enabled="0" />
{#- With nonLegacyEncoding * and # are sent as such, and not as 10 and 11. #}
  <voIpProt
    voIpProt.SIP.dtmfViaSignaling.rfc2976.nonLegacyEncoding="1"
    voIpProt.SIP.specialEvent.checkSync.alwaysReboot="0"
  />
</polycomConfig>
