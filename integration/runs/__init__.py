"""The life of a run: started, worked on in slices, interrupted and recovered, finished."""
