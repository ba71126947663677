"""What a packet costs in Portico and in what its users would otherwise run; see ../README.md, and
../forwarding_bench to start it.

`cases.py` is what is compared, `packets.py` makes its frames, `machine.py` reserves hugepages and tells what
machine it is, `subject.py` is what every subject has, `testpmd.py`, `portico.py`, `ovs.py` and `kernel.py` are the
subjects, `callers.py` makes connections for them where the file has replies alone, `measure.py` starts them in turn,
`floors.py` holds the figures against what must be reached, `report.py`, `pages.py` and `plot.py` tell what came of
it. What a rate of one worker does not tell: `trials.py`, and `scaling.py`, `changing.py`, `memory.py` and `pauses.py`.
"""
