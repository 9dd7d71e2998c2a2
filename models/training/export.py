"""Checkpoint -> a release: ONNX with float16 weights, and its manifest.

export.py --checkpoint RUN/checkpoint.pt --out DIR --version V [--id ID] [--size 160] [--embedding PARTS] [--mirror]
"""

import argparse
import hashlib
import json
import os

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from student import HIGH, MEAN, MID, STD, load_pair, parts_of

EMBEDDING = 'pooled_v2:.4+top_std^.6+high_mean:.8+mid_mean:.8+mid_std:.8'
DESCRIPTION = (
    'CNN trained for one-class image classification on CPUs; own weights, distilled from ImageNet MobileNets.'
)


class Release(nn.Module):
    """image (n, 3, h, w), h and w multiples of 32 -> embedding (n, d), map8 (n, 160, h/8, w/8), map16 (n, 384, h/16,
    w/16).

    The embedding's parts (`student.parts_of`), each raised to its power, normalised and weighted: `pooled_v2` (that
    teacher's embedding in nearly whitened coordinates), and mean or standard deviation of a level over the places."""

    def __init__(self, pair, combination):
        super().__init__()
        self.net, self.parts = pair.net, parts_of(combination)
        pooled = {name for name, _, _ in self.parts if name.startswith('pooled')}
        self.pooled = nn.ModuleDict({name: getattr(pair.heads, name) for name in sorted(pooled)})

    def part(self, name, levels):
        if name in self.pooled:
            return self.pooled[name](levels['top'].mean((2, 3)))
        level, statistic = name.split('_')
        mean = levels[level].mean((2, 3), keepdim=True)
        if statistic == 'mean':
            return mean.flatten(1)
        return ((levels[level] - mean) ** 2).mean((2, 3)).clamp_min(1e-6).sqrt()

    def forward(self, image):
        levels = dict(zip(('low', 'mid', 'high', 'top'), self.net(image)))
        rows = []
        for name, power, weight in self.parts:
            value = self.part(name, levels)
            if power != 1:  # of means and deviations, which are never negative
                value = value.clamp_min(0) ** power
            rows.append(weight * value / (value * value).sum(1, keepdim=True).clamp_min(1e-12).sqrt())
        return torch.cat(rows, 1), levels['mid'], levels['high']


def halve(path):
    """Stores the large weights as float16 behind a Cast, which the runtime folds back to float32 when it loads them."""
    model = onnx.load(path)
    kept, casts = [], []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.data_type == TensorProto.FLOAT and values.size > 256:
            kept.append(numpy_helper.from_array(values.astype(np.float16), tensor.name + '_h'))
            casts.append(helper.make_node('Cast', [tensor.name + '_h'], [tensor.name], to=TensorProto.FLOAT))
        else:
            kept.append(tensor)
    nodes = casts + list(model.graph.node)
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.doc_string, model.producer_name = '', 'oneclass'
    onnx.checker.check_model(model)
    onnx.save(model, path)


def manifest_of(options, weights, dim):
    return {
        'id': options.id,
        'version': options.version,
        'file': 'model.onnx',
        'sha256': hashlib.sha256(weights).hexdigest(),
        'bytes': len(weights),
        'license': 'Apache-2.0',
        'input': {
            'name': 'image',
            'width': options.size,
            'height': options.size,
            'layout': 'NCHW',
            'channels': 'RGB',
            'resize': 'stretch',
            'mean': list(MEAN),
            'std': list(STD),
            'multipleOf': 32,
        },
        'outputs': {
            'embedding': {'name': 'embedding', 'dim': dim},
            'maps': [{'name': 'map8', 'channels': MID, 'stride': 8}, {'name': 'map16', 'channels': HIGH, 'stride': 16}],
        },
        'description': DESCRIPTION,
        **({'tta': ['flip']} if options.mirror else {}),
    }


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser()
    for key in ('checkpoint', 'out'):
        parser.add_argument('--' + key, required=True)
    parser.add_argument('--id', default='oc-s3-float')
    parser.add_argument('--size', type=int, default=160)
    parser.add_argument('--version', type=int, default=1)
    parser.add_argument('--embedding', default=EMBEDDING)
    parser.add_argument('--mirror', action='store_true', help='embeddings are means with those of the mirrored image')
    options = parser.parse_args()
    pair, checkpoint = load_pair(options.checkpoint)
    release, image = Release(pair, options.embedding).eval(), torch.randn(2, 3, options.size, options.size)
    embedding = release(image)[0]
    os.makedirs(options.out, exist_ok=True)
    path, names = f'{options.out}/model.onnx', ['embedding', 'map8', 'map16']
    free = {
        'image': {0: 'n', 2: 'h', 3: 'w'},
        'embedding': {0: 'n'},
        **{name: {0: 'n', 2: f'{name}_h', 3: f'{name}_w'} for name in names[1:]},
    }
    torch.onnx.export(
        release, image, path, input_names=['image'], output_names=names, opset_version=13, dynamic_axes=free
    )
    halve(path)
    with open(path, 'rb') as weights:
        manifest = manifest_of(options, weights.read(), embedding.shape[1])
    with open(f'{options.out}/manifest.json', 'w', encoding='utf8') as out:
        out.write(json.dumps(manifest, indent=2) + '\n')
    print(
        manifest['bytes'],
        'bytes',
        embedding.shape[1],
        'dimensions, steps',
        checkpoint['step'],
        'seen',
        checkpoint['seen'],
    )


if __name__ == '__main__':
    main()
