"""Cuts the training views out of the public image folders.

  views.py --images DIR --exclude EVALUATION_SETS --out DIR [--part i/n] [--limit N]

Every view is a square of 224 px for the teacher (OUT/tNNNN.npy) and the same square at 160 px for the student
(OUT/sNNNN.npy), uint8 (n, side, side, 3). Views are shuffled over all sources, then cut into shards of 1,024, so that
any prefix of the shards is a fair sample and training can begin on the first ones while the teacher works on the rest.
"""

import argparse
import glob
import os
import random
import time
from collections import Counter

import numpy as np
from PIL import Image

from drawn import draw_image
from sources import Evaluation, training_images

SHARD, TEACHER_SIDE, STUDENT_SIDE = 1024, 224, 160
WHOLE_IMAGE, THUMBNAIL = 0.35, 0.12
THUMBNAIL_SIDES = [32, 32, 40, 48, 64, 80]
KERNELS = [Image.BILINEAR, Image.BICUBIC, Image.LANCZOS, Image.BOX, Image.HAMMING]
# source -> (views an image, of which share of the images, smallest share of the area that a crop keeps)
PLAN = {
    'tiny': (1, 0.7, 0.55),
    'cifar': (1, 0.3, 0.8),
    'imagenette': (2, 1, 0.25),
    'sample': (20, 1, 0.12),
    'pets': (2, 1, 0.25),
    'caltech': (2, 1, 0.4),
    'clothing': (2, 1, 0.3),
    'hotdog': (3, 1, 0.25),
    'food': (4, 1, 0.25),
    'grocery': (2, 1, 0.3),
    'people': (4, 1, 0.25),
    'flowers': (1, 1, 0.25),
    'leaves': (1, 0.5, 0.4),
    'waste': (2, 1, 0.4),
    'cars': (1, 1, 0.4),
    'signs': (1, 0.1, 0.6),
    'receipts': (4, 1, 0.1),
    'hands': (1, 0.5, 0.5),
    'textures': (4, 1, 0.2),
    'steel': (1, 0.3, 0.3),
    'welding': (1, 1, 0.3),
    'boards': (1, 0.7, 0.2),
    'cracks': (1, 0.2, 0.3),
}
DRAWN_VIEWS = 6000
SMALL_SOURCES = {'tiny', 'cifar', 'signs'}


def plan_views(images, evaluation, seed):
    """[(source, path, number of the view)], shuffled."""
    rng = random.Random(seed)
    views = [('drawn', '', number) for number in range(DRAWN_VIEWS)]
    for source, paths in images.items():
        count, share, _ = PLAN[source]
        paths = [p for p in paths if not evaluation.names(p)]
        for path in rng.sample(paths, round(len(paths) * share)):
            views += [(source, path, number) for number in range(count)]
    rng.shuffle(views)
    return views


def random_crop(image, rng, least):
    """A random rectangle (sometimes the whole image), which resizing then stretches to a square, as the product
    does."""
    if rng.random() < WHOLE_IMAGE:
        return image
    area, aspect = rng.uniform(least, 1), np.exp(rng.uniform(-0.3, 0.3))
    width, height = image.size
    share_x, share_y = min(1, area**0.5 * aspect), min(1, area**0.5 / aspect)
    left, top = rng.uniform(0, 1 - share_x) * width, rng.uniform(0, 1 - share_y) * height
    return image.crop(
        (int(left), int(top), int(left) + max(8, int(share_x * width)), int(top) + max(8, int(share_y * height)))
    )


def cut(source, path, evaluation, rng):
    """-> the view's image, or None where it is near an evaluation image. Raises OSError for a damaged file."""
    if source == 'drawn':
        return draw_image(rng)
    image = Image.open(path)
    if source not in SMALL_SOURCES:
        image.draft('RGB', (448, 448))  # JPEG decoding at a fraction of its size
    image = image.convert('RGB')
    if evaluation.is_near(image, 3 if source == 'tiny' else 5):
        return None
    if source == 'steel':  # long strips: a squarish piece
        width, height = image.size
        side = min(width, int(height * rng.uniform(1, 2)))
        left = rng.randint(0, width - side)
        image = image.crop((left, 0, left + side, height))
    return random_crop(image, rng, PLAN[source][2])


def both_sizes(image, rng):
    """-> uint8 arrays (224, 224, 3) for the teacher and (160, 160, 3) for the student."""
    if rng.random() < THUMBNAIL:
        side = rng.choice(THUMBNAIL_SIDES)
        image = image.resize((side, side), rng.choice(KERNELS))
    large = image.resize((TEACHER_SIDE, TEACHER_SIDE), rng.choice(KERNELS[:3]))
    # the student's answer must not depend on how its input was shrunk: from the source or from the large view,
    # any kernel
    small = (large if rng.random() < 0.3 else image).resize((STUDENT_SIDE, STUDENT_SIDE), rng.choice(KERNELS))
    return np.asarray(large), np.asarray(small)


def write_shard(out, number, views, evaluation, seed):
    """Writes both arrays of one shard; the teacher's appears last. -> how many views were too near an evaluation
    image."""
    large, small, dropped = [], [], 0
    for source, path, view in views:
        rng = random.Random(f'{seed} {path} {view}')
        try:
            image = cut(source, path, evaluation, rng)
            if image is None:
                dropped += 1
                continue
            pair = both_sizes(image, rng)
        except (OSError, ValueError, Image.DecompressionBombError):
            continue
        large.append(pair[0])
        small.append(pair[1])
    for name, arrays in (('s', small), ('t', large)):
        partial = f'{out}/partial-{name}{number:04d}.npy'
        np.save(partial, np.stack(arrays))
        os.rename(partial, f'{out}/{name}{number:04d}.npy')
    return dropped


def main():
    parser = argparse.ArgumentParser()
    for key in ('images', 'exclude', 'out'):
        parser.add_argument('--' + key, required=True)
    parser.add_argument('--part', default='0/1')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--limit', type=int, default=10**9)
    parser.add_argument('--ahead', type=int, default=6, help='shards of 224 px views that may wait for the teacher')
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    part, parts = map(int, options.part.split('/'))
    evaluation = Evaluation(options.exclude)
    views = plan_views(training_images(options.images), evaluation, options.seed)[: options.limit]
    if part == 0:
        print(len(views), 'views', dict(Counter(source for source, _, _ in views)), flush=True)
    dropped = 0
    for number in range(part, (len(views) + SHARD - 1) // SHARD, parts):
        if os.path.exists(f'{options.out}/s{number:04d}.npy'):
            continue
        while len(glob.glob(f'{options.out}/*t[0-9]*.npy')) > options.ahead:
            time.sleep(1)
        dropped += write_shard(
            options.out, number, views[number * SHARD : (number + 1) * SHARD], evaluation, options.seed
        )
    print('part', part, 'done;', dropped, 'views dropped, as near an evaluation image', flush=True)


if __name__ == '__main__':
    main()
