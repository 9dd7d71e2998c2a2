"""Checkpoint -> ONNX.

  export.py probe   --checkpoint C --out probe.onnx --size S         # pooled statistics of all levels, to choose from
  export.py release --checkpoint C --out DIR --id oc-s2 --size S     # DIR/model.onnx (weights as float16) + manifest.json
"""
import argparse, hashlib, json, os
import numpy as np, onnx, torch
from onnx import helper as h, numpy_helper as nh, TensorProto as T
from torch import nn
from net import Net, Heads, MEAN, STD


class Probe(nn.Module):
    def __init__(self, net, heads): super().__init__(); self.net, self.heads = net, heads

    def forward(self, x):
        out = []
        for m in self.net(x):
            g = m.mean((2, 3)); out += [g, (m * m).mean((2, 3)) - g * g, m.amax((2, 3))]
        top = out[9]
        return (*out, self.heads.map7(top[:, :, None, None])[:, :, 0, 0], self.heads.pooled(top))


PROBE = [f'{l}_{s}' for l in ('low', 'mid', 'high', 'top') for s in ('mean', 'var', 'max')] + ['head7', 'headp']


class Release(nn.Module):
    """What the development sets liked best: the teacher's embedding in nearly whitened coordinates (meaning), the spread of the
    last map (defects, texture) and the mean of the mid map (surface), each normalised and weighted."""
    def __init__(self, net, heads):
        super().__init__(); self.net, self.pooled = net, heads.pooled

    def forward(self, x):
        _, mid, _, top = self.net(x)
        m = top.mean((2, 3), keepdim=True); std = ((top - m) ** 2).mean((2, 3)).clamp_min(1e-6).sqrt()
        parts = ((1., self.pooled(m.flatten(1))), (1.4, std), (1.2, mid.mean((2, 3))))
        return torch.cat([w * p / (p * p).sum(1, keepdim=True).clamp_min(1e-12).sqrt() for w, p in parts], 1), mid


def load(path):
    c = torch.load(path, map_location='cpu'); sd = c['ema']
    heads = Heads(sd['1.map7.weight'].shape[0], sd['1.map14.weight'].shape[0], sd['1.pooled.weight'].shape[0]); net = Net()
    both = nn.ModuleList([net, heads]); both.load_state_dict(sd); both.eval(); return net, heads, c


def halve(path):
    """Stores the large weights as float16 behind a Cast, which the runtime folds back to float32 when it loads them."""
    m = onnx.load(path); keep = []; casts = []
    for t in m.graph.initializer:
        a = nh.to_array(t)
        if t.data_type == T.FLOAT and a.size > 256:
            keep.append(nh.from_array(a.astype(np.float16), t.name + '_h')); casts.append(h.make_node('Cast', [t.name + '_h'], [t.name], to=T.FLOAT))
        else: keep.append(t)
    nodes = casts + list(m.graph.node)
    del m.graph.initializer[:]; m.graph.initializer.extend(keep); del m.graph.node[:]; m.graph.node.extend(nodes)
    m.doc_string = ''; m.producer_name = 'oneclass'; onnx.checker.check_model(m); onnx.save(m, path)


def main():
    p = argparse.ArgumentParser(); p.add_argument('mode')
    for k in ('checkpoint', 'out'): p.add_argument('--' + k, required=True)
    p.add_argument('--id', default='oc-s2'); p.add_argument('--size', type=int, default=128); p.add_argument('--version', type=int, default=1)
    a = p.parse_args(); net, heads, c = load(a.checkpoint); x = torch.randn(2, 3, a.size, a.size)
    if a.mode == 'probe':
        torch.onnx.export(Probe(net, heads), x, a.out, input_names=['image'], output_names=PROBE, opset_version=13, dynamic_axes={k: {0: 'n'} for k in ['image'] + PROBE})
        return
    os.makedirs(a.out, exist_ok=True); f = f'{a.out}/model.onnx'; r = Release(net, heads).eval()
    with torch.no_grad(): e, pt = r(x)
    torch.onnx.export(r, x, f, input_names=['image'], output_names=['embedding', 'patches'], opset_version=13, dynamic_axes={k: {0: 'n'} for k in ('image', 'embedding', 'patches')})
    halve(f); b = open(f, 'rb').read()
    man = {'id': a.id, 'version': a.version, 'file': 'model.onnx', 'sha256': hashlib.sha256(b).hexdigest(), 'bytes': len(b), 'license': 'Apache-2.0',
           'input': {'name': 'image', 'width': a.size, 'height': a.size, 'layout': 'NCHW', 'channels': 'RGB', 'resize': 'stretch', 'mean': list(MEAN), 'std': list(STD)},
           'outputs': {'embedding': {'name': 'embedding', 'dim': e.shape[1]}, 'patches': {'name': 'patches', 'channels': pt.shape[1], 'height': pt.shape[2], 'width': pt.shape[3]}},
           'description': 'Compact CNN trained for one-class image classification on CPUs; own weights, distilled from an ImageNet MobileNet v1.'}
    json.dump(man, open(f'{a.out}/manifest.json', 'w'), indent=2); open(f'{a.out}/manifest.json', 'a').write('\n')
    print(len(b), 'bytes', e.shape[1], 'dims', tuple(pt.shape[1:]), 'steps', c['step'], 'seen', c['seen'])


if __name__ == '__main__': main()
