Version={{ model.version if model }}
Firmware={{ server.url }}/{{ model.images[0] if model }}
Info=TXT|XML
{{ model.product if model }} {{ model.version if model }}
