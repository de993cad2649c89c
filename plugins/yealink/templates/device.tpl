The phone's own certificate, its key, and the certificates above it.
{% for block in [sip.localKey, sip.localCertificate] + sip.localChain if block %}
{{ block | trim }}
{% endfor %}
