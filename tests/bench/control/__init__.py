"""How fast a large cluster's changes reach the gateway; see ../README.md, and ../control_bench to start it.

`cluster.py` is what the scripted API server has and how it changes, `relay.py` stands between controller
and gateway and notes when what passed, `conversation.py` reads that, `packets.py` is what the gateway's
port receives, `programs.py` starts the real programs, `occupy.py` keeps cores from idling, `measure.py`
puts these together, `report.py` holds the figures against their targets.
"""
