"""Programs that write files of this repository anew from its code."""
