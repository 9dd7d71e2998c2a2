"""Views and their targets on disk, mapped into memory; new shards are taken in as the teacher finishes them."""

import glob
import json
import os

import numpy as np
import torch

EMBEDDING = 1280


class Shards:
    """`views`, `targets`: the folders that views.py and teacher.mjs fill; `info`: targets.json beside targets.npz."""

    def __init__(self, views, targets, info):
        self.views, self.targets, self.loaded, self.keys = views, targets, {}, []
        with open(info, encoding='utf8') as text:
            self.info = json.load(text)
        layer = np.load(info.replace('.json', '.npz'))
        self.class_weight, self.class_bias = torch.from_numpy(layer['weight']), torch.from_numpy(layer['bias'])
        self.steps = {name: torch.tensor(self.info[name]['step']).view(1, -1, 1, 1) for name in ('map7', 'map14')}
        self.refresh()

    def refresh(self):
        """Looks for new shards; `index` (n, 2) then lists shard and row of every view."""
        for path in sorted(glob.glob(f'{self.targets}/*.map7.i8')):
            key = os.path.basename(path)[:4]
            if key in self.loaded:
                continue
            views = np.load(f'{self.views}/s{key}.npy', mmap_mode='r')
            map7 = np.memmap(path, np.int8, 'r').reshape(-1, self.info['map7']['channels'], 7, 7)
            map14 = np.memmap(path.replace('map7', 'map14'), np.int8, 'r').reshape(
                -1, self.info['map14']['channels'], 14, 14
            )
            pooled = np.memmap(path.replace('map7.i8', 'pooled.f16'), np.float16, 'r').reshape(-1, EMBEDDING)
            if not len(views) == len(map7) == len(map14) == len(pooled):
                raise ValueError(f'shard {key}: views and targets differ in number')
            self.loaded[key] = (views, map7, map14, pooled)
        self.keys = sorted(self.loaded)
        rows = [
            np.stack([np.full(len(self.loaded[k][0]), i), np.arange(len(self.loaded[k][0]))], 1)
            for i, k in enumerate(self.keys)
        ]
        self.index = np.concatenate(rows) if rows else np.zeros((0, 2), int)

    def batch(self, rows):
        """-> views uint8 (n, 3, 160, 160), map7 (n, c, 7, 7), map14 (n, c, 14, 14), pooled (n, 1280), all in their own
        units."""
        columns = [
            np.stack(c) for c in zip(*[[part[row] for part in self.loaded[self.keys[shard]]] for shard, row in rows])
        ]
        views, map7, map14, pooled = [torch.from_numpy(c) for c in columns]
        return (
            views.permute(0, 3, 1, 2),
            map7.float() * self.steps['map7'],
            map14.float() * self.steps['map14'],
            pooled.float(),
        )

    def logits(self, pooled):
        """The teacher's logits (n, classes) of its pooled embeddings."""
        return pooled @ self.class_weight.T + self.class_bias

    def pooled_basis(self, components, power, shards=8):
        """Coordinates of the pooled embedding, scaled towards whitened ones (power 1: whitened); mean square 1.

        -> mean (1280,), projection (1280, components)
        """
        x = np.concatenate([np.asarray(self.loaded[k][3], np.float32) for k in self.keys[:shards]])
        mean = x.mean(0)
        variance, vectors = np.linalg.eigh(np.cov((x - mean).T.astype(np.float64)))
        variance, vectors = variance[::-1][:components], vectors[:, ::-1][:, :components]
        projection = vectors * np.maximum(variance, variance[0] * 1e-4) ** (-power / 2)
        projection /= np.sqrt((((x - mean) @ projection) ** 2).mean())
        return torch.tensor(mean, dtype=torch.float32), torch.tensor(projection, dtype=torch.float32)
