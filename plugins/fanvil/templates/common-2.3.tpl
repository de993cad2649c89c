<<VOIP CONFIG FILE>>Version:2.0002

<AUTOUPDATE CONFIG MODULE>
Download Server IP :{{ server.url }}
Config File Name   :Fanvil/$mac.cfg
Download Protocol  :{{ 5 if server.url.startswith('https:') else 4 }}
Download Mode      :1
Download Interval  :1
Auto Image URL     :{{ server.url }}/{{ model.images[0] if model }}
<<END OF FILE>>
