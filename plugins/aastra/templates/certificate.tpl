{{ sip.localCertificate | trim if sip.localCertificate else 'No certificate is configured.' }}
