#!version:1.0.0.1

static.auto_provision.server.url = {{ server.url }}/
{%- if model and model.images %}
static.firmware.url = {{ server.url }}/{{ model.images[0] }}
{%- endif %}

