"""Prepares the teacher: its graph with both dense maps as outputs, then with a projection to a few int8 channels.

  teacher.py expose  --teacher NET.onnx --out maps.onnx
  teacher.py project --teacher NET.onnx --maps DIR --out targets.onnx     # DIR/map7.f32, DIR/map14.f32 from teacher.mjs

The targets are principal components of the maps, scaled to variance^(1 - POWER): with POWER .5 halfway between the raw
metric and the whitened one, since the product whitens what it is given.
"""
import argparse, json
import numpy as np, onnx
from onnx import helper as h, numpy_helper as nh, TensorProto as T

MAP7 = '/blocks.11/blocks.11.1/blocks.11.1.1/Clip_output_0'
K7, K14, POWER = 320, 96, .5


def pca(x, k):
    mean = x.mean(0); c = np.cov((x - mean).T.astype(np.float64))
    w, v = np.linalg.eigh(c); w, v = w[::-1], v[:, ::-1]
    w = np.maximum(w, w[0] * 1e-9)
    print('kept variance', (w[:k].sum() / w.sum()).round(4), 'scaled', ((w[:k] ** (1 - POWER)).sum() / (w ** (1 - POWER)).sum()).round(4))
    proj = v[:, :k] * w[:k] ** (-POWER / 2)  # component std becomes w^((1-POWER)/2)
    return mean, proj, np.sqrt(w[:k] ** (1 - POWER))


def main():
    p = argparse.ArgumentParser(); p.add_argument('mode'); p.add_argument('--teacher', required=True)
    p.add_argument('--maps'); p.add_argument('--out', required=True); a = p.parse_args()
    m = onnx.load(a.teacher); g = m.graph
    if a.mode == 'expose':
        g.node.append(h.make_node('Identity', [MAP7], ['map7'])); g.node.append(h.make_node('Identity', ['patches'], ['map14']))
        del g.output[:]
        g.output.extend([h.make_tensor_value_info('map7', T.FLOAT, None), h.make_tensor_value_info('map14', T.FLOAT, None)])
    else:
        del g.output[:]; info = {}
        rng = np.random.default_rng(0)
        for name, src, c, n, k in (('map7', MAP7, 1024, 49, K7), ('map14', 'patches', 512, 196, K14)):
            x = np.fromfile(f'{a.maps}/{name}.f32', np.float32).reshape(-1, c, n)
            x = x.transpose(0, 2, 1).reshape(-1, c); x = x[rng.permutation(len(x))[:60000]]
            mean, proj, std = pca(x, k)
            step = 5 * std / 127  # int8 step per channel: 5 sigma in range
            w = (proj / step).T.astype(np.float32); b = (-(mean @ proj) / step).astype(np.float32)
            g.initializer.extend([nh.from_array(w[:, :, None, None], f'{name}_w'), nh.from_array(b, f'{name}_b'),
                                  nh.from_array(np.float32(-127), f'{name}_lo'), nh.from_array(np.float32(127), f'{name}_hi')])
            g.node.extend([h.make_node('Conv', [src, f'{name}_w', f'{name}_b'], [f'{name}_p']), h.make_node('Round', [f'{name}_p'], [f'{name}_r']),
                           h.make_node('Clip', [f'{name}_r', f'{name}_lo', f'{name}_hi'], [f'{name}_c']), h.make_node('Cast', [f'{name}_c'], [name], to=T.INT8)])
            g.output.append(h.make_tensor_value_info(name, T.INT8, None))
            info[name] = {'channels': k, 'step': step.tolist()}
        # the pooled embeddings whole: 1536 numbers a view cost little
        g.node.append(h.make_node('Concat', ['embedding', 'mid'], ['pooled32'], axis=1)); g.node.append(h.make_node('Cast', ['pooled32'], ['pooled'], to=T.FLOAT16))
        g.output.append(h.make_tensor_value_info('pooled', T.FLOAT16, None))
        json.dump(info, open(a.out.replace('.onnx', '.json'), 'w'))
    onnx.save(m, a.out)


main()
