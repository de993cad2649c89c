Certificates by which the phone knows its servers.
{% for certificate in sip.trustedCertificates %}
{{ certificate | trim }}
{% endfor %}
