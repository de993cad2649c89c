# {{ device.mac }}
provision.url = {{ server.url }}/acme
sip.transport = {{ words.transport[sip.transport] }}
{% if timeZone %}time.zone = {{ timeZone.name }}
{% endif %}
{%- for line in lines %}
line.{{ line.number }}.user = {{ line.username }}
line.{{ line.number }}.auth = {{ line.authUsername }}
line.{{ line.number }}.password = {{ line.password }}
line.{{ line.number }}.label = {{ line.displayName }}
line.{{ line.number }}.server = {{ line.proxy.host }}
line.{{ line.number }}.port = {{ line.proxy.port or 5060 }}
{%- endfor %}
{%- for key in keys %}
key.{{ key.position }}.type = {{ words.key[key.type] }}
key.{{ key.position }}.value = {{ key.value or '' }}
key.{{ key.position }}.label = {{ key.label or key.value or '' }}
{%- endfor %}
