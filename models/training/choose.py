"""Scores combinations of pooled levels on the development sets.   choose.py EV/dev.json EV/dev part:weight+part:weight ..."""
import json, sys
import numpy as np
from evaluate import evaluate, l2
rows, pre = json.load(open(sys.argv[1])), sys.argv[2]
F={k:np.fromfile(f'{pre}.{k}.f32',np.float32).reshape(len(rows),-1) for k in [f'{l}_{s}' for l in ('low','mid','high','top') for s in ('mean','var','max')]+['head7','headp']}
for k in list(F):
    if k.endswith('var'): F[k.replace('var','std')]=np.sqrt(np.maximum(F.pop(k),0)+1e-6)
def run(name,parts):
    x=np.concatenate([w*l2(F[k].astype(np.float64)) for k,w in parts],1).astype(np.float32)
    r=evaluate(rows,x); print(f'{name:46s}',' '.join(f'{a[:9]} {v[0]:.3f}/{v[1]:.3f}' for a,v in r.items()),flush=True)
combos=sys.argv[3:] or ['top_mean','high_mean','mid_mean','mid_max','mid_std','top_max','top_std','high_max','high_std','low_mean','low_max','head7','headp','top_mean+high_mean:.7','top_mean+high_mean:.7+mid_mean:.5','top_mean+top_std:.5','top_mean+mid_max:.5','top_mean+mid_std:.5','top_mean+high_mean:.7+mid_mean:.5+mid_max:.5','top_mean+high_mean:.7+mid_std:.5+mid_mean:.5']
for c in combos: run(c,[(t.split(':')[0],float((t.split(':')+['1'])[1])) for t in c.split('+')])
