<?xml version="1.0" encoding="UTF-8"?>
{%- if model and model.dialect == 'old' %}
<VOIP_CONFIG_FILE>
<version>2.0002</version>
<AUTOUPDATE_CONFIG_MODULE>
<Download_Server_IP>{{ server.url }}</Download_Server_IP>
<Config_File_Name>Fanvil/$mac.cfg</Config_File_Name>
<Download_Protocol>{{ 5 if server.url.startswith('https:') else 4 }}</Download_Protocol>
<Download_Mode>1</Download_Mode>
<Download_Interval>1</Download_Interval>
<Auto_Image_URL>{{ server.url }}/{{ model.images[0] }}</Auto_Image_URL>
</AUTOUPDATE_CONFIG_MODULE>
</VOIP_CONFIG_FILE>
{%- else %}
<sysConf>
<Version>2.0002</Version>
<fwCheck>
<EnableAutoUpgrade>1</EnableAutoUpgrade>
<UpgradeServer1>{{ server.url }}/Fanvil</UpgradeServer1>
</fwCheck>
<ap>
<FlashServerIP>{{ server.url }}</FlashServerIP>
<FlashFileName>Fanvil/$mac.cfg</FlashFileName>
<FlashProtocol>{{ 5 if server.url.startswith('https:') else 4 }}</FlashProtocol>
<FlashMode>1</FlashMode>
<FlashInterval>1</FlashInterval>
</ap>
</sysConf>
{%- endif %}
