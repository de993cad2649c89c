{% for block in [sip.localKey, sip.localCertificate] + sip.localChain if block -%}
{{ block | trim }}
{% else -%}
No certificate is configured.
{% endfor %}
