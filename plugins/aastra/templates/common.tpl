time format: 1
date format: 5

sip explicit mwi subscription period: 3600
sip blf subscription period: 3600
sip digit timeout: 3
sip allow auto answer: 1
sip intercom mute mic: 0
directed call pickup: 1

https validate certificates: 0
bl on time: 30
