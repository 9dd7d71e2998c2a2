"""One-class AUROC of embeddings on development sets, to choose by. The evaluation sets' test parts are
bench/accuracy.ts's.

  evaluate.py prepare --images DIR --shared DATA --out DIR --size S [--square pad]   # -> DIR/dev-S.npy, DIR/dev.json
  evaluate.py probe   --checkpoint C --list DIR/dev-S.npy --out PREFIX [--flip]   # levels -> PREFIX.npz
  evaluate.py choose  --rows DIR/dev.json --features PREFIX.npz [--mirrored PREFIX.npz] [--combinations PARTS ...]
  evaluate.py file    --rows DIR/dev.json --features NET.embedding.f32             # what embed.mjs wrote

For each set and class: l2, Ledoit-Wolf whitening at full rank, one-class SVM (nu .02, RBF, gamma .2/d), fitted on
positives alone. Only train parts are used: folds of `train/positive` against `train/negative`, and kinds that
sources.py keeps out of training. `unseen` is the mean over sets of kinds of which nothing was trained on."""

import argparse
import json
import os
import random

import numpy as np
import torch
from PIL import Image

import sources
from student import POOLED, load_pair, parts_of
from views import normalise

AT_HAND = ['nicolas-cage-2019', 'person-nicolas-cage', 'hotdog', 'parts-casting', 'parts-magnetic-tile']
STATISTICS = ('mean', 'std', 'max')
COMBINATIONS = [
    'pooled_v2',
    'pooled_v2+top_std:1.4+mid_mean:1.2',
    'pooled_v2:.5+top_std+high_mean+mid_mean+mid_std',
    'top_std+high_mean+mid_mean+mid_std',
    'top_std+high_mean+high_std+mid_mean+mid_std',
    'top_std^.5+high_mean+mid_mean+mid_std',
    'top_std^.5+high_mean^.5+mid_mean+mid_std',
    'top_std^.7+high_mean^.7+mid_mean+mid_std',
    'top_mean^.5+top_std^.5+high_mean+mid_mean+mid_std',
]


def development_groups(root):
    """{(set, class): ([path], how many to fit on, how many to test)}"""
    groups = {}

    def add(name, kinds, find, fit, test):
        for kind in sorted(kinds):
            groups[name, kind] = (find(kind), fit, test)

    labels = {}
    for path, label in sources.clothing_labels(root).items():
        labels.setdefault(label, []).append(path)
    people, grocery, steel = (
        sources.people(root),
        sources.files(root, 'grocery/dataset/t*/**/*'),
        sources.files(root, 'neu/NEU-DET/IMAGES/*'),
    )
    cifar = [f for f in sources.files(root, 'cifar/train/*/*') if sources.cifar_development(f)]
    add(
        'cifar10',
        {sources.folder_of(f) for f in cifar},
        lambda k: [f for f in cifar if sources.folder_of(f) == k],
        200,
        60,
    )
    add('animals', sources.HELD_ANIMALS, lambda k: sources.files(root, f'animals/{k}/*'), 50, 35)
    add('food', sources.HELD_FOOD, lambda k: sources.files(root, f'food/images/{k}/*'), 120, 80)
    add('people', sources.HELD_PEOPLE, lambda k: [f for f in people if sources.folder_of(f) == k], 80, 40)
    add('objects', sources.HELD_CALTECH, lambda k: sources.files(root, f'caltech/101_ObjectCategories/{k}/*'), 40, 25)
    add('textures', sources.HELD_TEXTURES, lambda k: sources.files(root, f'dtd/images/{k}/*'), 70, 50)
    add('clothing', sources.HELD_CLOTHING, lambda k: [f for f in labels.get(k, []) if os.path.exists(f)], 80, 60)
    add('grocery', sources.HELD_GROCERY, lambda k: [f for f in grocery if k in f.split('/')], 40, 30)
    add('steel', sources.HELD_STEEL, lambda k: [f for f in steel if sources.steel_kind(f) == k], 70, 50)
    return groups


UNSEEN = ('animals', 'food', 'people', 'objects', 'textures', 'clothing', 'grocery', 'steel')


def list_rows(root, shared):
    """[(set, class, role, path)]; role is fit or test, or pos and neg where folds are made."""
    rng, rows = random.Random(7), []
    for name in AT_HAND:
        for kind in ('positive', 'negative'):
            rows += [(name, kind, kind[:3], f) for f in sources.files(shared, f'{name}/train/{kind}/*')]
    for (name, kind), (paths, fit, test) in development_groups(root).items():
        paths = rng.sample(sorted(paths), min(fit + test, len(paths)))
        share = min(fit, len(paths) * fit // (fit + test))
        rows += [(name, kind, 'fit' if i < share else 'test', f) for i, f in enumerate(paths)]
    return rows


def padded(image):
    """In the middle of a square of its mean colour."""
    side = max(image.size)
    square = Image.new('RGB', (side, side), image.resize((1, 1), Image.BOX).getpixel((0, 0)))
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square


def middle(image):
    """The largest square in the middle."""
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side))


SQUARES = {'stretch': lambda image: image, 'pad': padded, 'crop': middle}


def prepare(options):
    os.makedirs(options.out, exist_ok=True)
    rows, pixels = [], []
    for row in list_rows(options.images, options.shared):
        try:
            image = SQUARES[options.square](Image.open(row[3]).convert('RGB'))
            image = image.resize((options.size, options.size), Image.LANCZOS)
        except OSError:
            continue
        rows.append(row)
        pixels.append(np.asarray(image))
    np.save(f'{options.out}/dev-{options.size}.npy', np.stack(pixels))
    with open(f'{options.out}/dev.json', 'w', encoding='utf8') as out:
        json.dump(rows, out)
    print(len(rows), 'images')


@torch.no_grad()
def probe(options):
    """Mean, spread and maximum of every level, and the pooled head."""
    torch.set_num_threads(1)
    pair, checkpoint = load_pair(options.checkpoint)
    pair.net.to(memory_format=torch.channels_last)
    views, parts = np.load(options.list, mmap_mode='r'), {}
    for first in range(0, len(views), 32):
        image = normalise(torch.from_numpy(views[first : first + 32].copy()).permute(0, 3, 1, 2).float())
        image = image.flip(3) if options.flip else image
        with torch.cpu.amp.autocast(dtype=torch.bfloat16, enabled=options.fast):
            levels = pair.net(image.contiguous(memory_format=torch.channels_last))
        for name, level in zip(('low', 'mid', 'high', 'top'), levels):
            flat = level.float().flatten(2)
            values = (flat.mean(2), flat.var(2, unbiased=False).clamp_min(1e-6).sqrt(), flat.amax(2))
            for statistic, value in zip(STATISTICS, values):
                parts.setdefault(f'{name}_{statistic}', []).append(value)
        for teacher in POOLED:
            made = getattr(pair.heads, f'pooled_{teacher}')(parts['top_mean'][-1])
            parts.setdefault(f'pooled_{teacher}', []).append(made)
    np.savez(options.out, **{name: torch.cat(values).numpy() for name, values in parts.items()})
    print('seen', checkpoint['seen'])


def unit(x):
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)


def whitener(x):
    """Ledoit-Wolf, through the eigenvectors of the n by n product of the centred rows (n < d)."""
    mean = x.mean(0)
    centred = x - mean
    n, d = centred.shape
    squares, left = np.linalg.eigh(centred @ centred.T)
    keep = squares > squares[-1] * 1e-10
    variance = squares[keep] / n
    vectors = (centred.T @ left[:, keep]) / np.sqrt(squares[keep])
    mu = variance.sum() / d
    delta = ((variance**2).sum() - d * mu**2) / d
    beta = min(delta, ((centred**2).sum(1) ** 2).sum() / n / (n * d) - (variance**2).sum() / (n * d))
    shrink = beta / delta if delta > 0 else 0.0
    along, across = ((1 - shrink) * variance + shrink * mu) ** -0.5, max(shrink * mu, 1e-12) ** -0.5
    return lambda y: (y - mean) * across + (((y - mean) @ vectors) * (along - across)) @ vectors.T


def auroc(score, anomalous):
    from scipy.stats import rankdata

    ranks, positives = rankdata(score), anomalous.sum()
    return (ranks[anomalous].sum() - positives * (positives + 1) / 2) / (positives * (len(score) - positives))


def scores(fit, test):
    """Anomaly scores of the rows of `test` by a one-class SVM on `fit`."""
    from sklearn.svm import OneClassSVM

    fit, test = unit(fit.astype(np.float32)), unit(test.astype(np.float32))
    white = whitener(fit)
    return -OneClassSVM(nu=0.02, gamma=0.2 / fit.shape[1]).fit(white(fit)).decision_function(white(test))


def evaluate_set(classes, roles, x):
    if 'pos' in roles:
        positive, negative, results = x[roles == 'pos'], x[roles == 'neg'], []
        order = np.random.default_rng(3).permutation(len(positive))
        for fold in range(3):
            held = order[fold::3]
            fit = np.setdiff1d(order, held)
            anomalous = np.r_[np.zeros(len(held), bool), np.ones(len(negative), bool)]
            results.append(auroc(scores(positive[fit], np.concatenate([positive[held], negative])), anomalous))
        return np.mean(results)
    tested = roles == 'test'
    return np.mean(
        [
            auroc(scores(x[(roles == 'fit') & (classes == kind)], x[tested]), classes[tested] != kind)
            for kind in np.unique(classes)
        ]
    )


def evaluate(rows, x):
    """{set: AUROC}, with the means `unseen` and `all`."""
    names, classes, roles = (np.array([row[i] for row in rows]) for i in range(3))
    result = {
        name: evaluate_set(classes[names == name], roles[names == name], x[names == name])
        for name in dict.fromkeys(names)
    }
    everything, unseen = np.mean(list(result.values())), np.mean([result[name] for name in UNSEEN if name in result])
    return {**result, 'unseen': unseen, 'all': everything}


def combine(features, combination):
    """Rows of the parts (`student.parts_of`), each raised to its power, normalised and weighted, side by side."""

    def part(name, power):
        values = features[name].astype(np.float32)
        return values if power == 1 else np.sign(values) * np.abs(values) ** power

    return np.concatenate([weight * unit(part(name, power)) for name, power, weight in parts_of(combination)], 1)


def report(name, result):
    print(f'{name:44s}', ' '.join(f'{key[:12]} {value:.3f}' for key, value in result.items()), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('mode', choices=['prepare', 'probe', 'choose', 'file'])
    parser.add_argument('--combinations', nargs='*', default=COMBINATIONS)
    for key in ('images', 'shared', 'out', 'list', 'rows', 'features', 'mirrored', 'checkpoint'):
        parser.add_argument('--' + key)
    parser.add_argument('--size', type=int)
    parser.add_argument('--square', choices=SQUARES, default='stretch', help='how images become squares')
    parser.add_argument('--fast', action='store_true', help='probe in bfloat16')
    parser.add_argument('--flip', action='store_true', help='probe the mirror images')
    options = parser.parse_args()
    if options.mode in ('prepare', 'probe'):
        return {'prepare': prepare, 'probe': probe}[options.mode](options)
    with open(options.rows, encoding='utf8') as text:
        rows = json.load(text)
    if options.mode == 'file':
        return report(
            options.features, evaluate(rows, np.fromfile(options.features, np.float32).reshape(len(rows), -1))
        )
    features, mirrored = np.load(options.features), np.load(options.mirrored) if options.mirrored else None
    for combination in options.combinations:
        x = combine(features, combination)
        report(combination, evaluate(rows, x if mirrored is None else x + combine(mirrored, combination)))


if __name__ == '__main__':
    main()
