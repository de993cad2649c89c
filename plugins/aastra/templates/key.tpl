{{ sip.localKey | trim if sip.localKey else 'No key is configured.' }}
